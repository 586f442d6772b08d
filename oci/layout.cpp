#include "oci/layout.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/json.h"
#include "base/temp_file.h"
#include "oci/descriptor_json.h"
#include "oci/direct_file.h"
#include "oci/layout_text.h"

namespace stamp::oci {
namespace {

constexpr std::uint64_t kDocumentLimit = 4U << 20U;

/// Whether nothing with this name is there; a file system's other answers are errors.
bool is_absent(const std::filesystem::path& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) == 0) return false;
  if (errno == ENOENT || errno == ENOTDIR) return true;
  throw system_error("examine", path.string(), errno);
}

bool is_file_of(const std::filesystem::path& path, std::uint64_t size) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         static_cast<std::uint64_t>(status.st_size) == size;
}

void check_version(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "oci-layout";
  during(fmt::format("reading '{}'", path.string()), [&] {
    read_document(read_file(path, kDocumentLimit), "layout", [](const JsonFieldView& document) {
      const JsonFieldView version = document.required("imageLayoutVersion");
      if (version.text() != "1.0.0") {
        throw version.wrong(
            fmt::format("'{}' is not known, only 1.0.0", printable(version.text(), 40)));
      }
    });
  });
}

/// Whether a folder without `oci-layout` holds only what a writer makes before that file.
bool is_beginning(const std::filesystem::path& folder) {
  std::error_code code;
  for (std::filesystem::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    if (name != "oci-layout" && name != "blobs" && !name.starts_with(".stamp-")) return false;
  }
  if (code) throw system_error("list", folder.string(), code.value());
  return true;
}

/// A folder that may become a layout: not there, empty or nearly so, or one already.
void check_folder(const std::filesystem::path& folder) {
  if (!is_absent(folder / "oci-layout")) return check_version(folder);
  if (!is_absent(folder) && !is_beginning(folder)) {
    throw Error(ErrorKind::invalid,
                fmt::format("cannot write a layout to '{}': the folder holds something else",
                            folder.string()),
                {.hint = "name a new or an empty folder"});
  }
}

/// Shares the whole of a file if both lie in one file system that can.
bool clone_whole_file(const FilePiece& piece, int out) {
  struct stat status = {};
  return piece.offset == 0 && ::fstat(piece.fd, &status) == 0 &&
         static_cast<std::uint64_t>(status.st_size) == piece.size &&
         ::ioctl(out, FICLONE, piece.fd) == 0;
}

/// Reads the first bytes of a piece that is not empty, at least one.
std::size_t read_piece(const FilePiece& piece, std::span<std::byte> out, const std::string& path) {
  while (true) {
    const ssize_t count =
        ::pread(piece.fd, out.data(), out.size(), static_cast<off_t>(piece.offset));
    if (count > 0) return static_cast<std::size_t>(count);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error("read what goes to", path, errno);
    throw Error(ErrorKind::corrupt,
                fmt::format("cannot write '{}': a file that it is copied from is too short", path));
  }
}

void copy_by_hand(FilePiece piece, int out, const std::string& path) {
  std::vector<std::byte> buffer(kBufferSize);
  while (piece.size > 0) {
    throw_if_interrupted();
    const auto wanted = std::min<std::uint64_t>(piece.size, buffer.size());
    const std::size_t count = read_piece(piece, std::span(buffer).first(wanted), path);
    write_all(out, Bytes(buffer).first(count), path);
    piece.offset += count;
    piece.size -= count;
  }
}

/// Reads a piece into the file's own buffer.
void append_direct(FilePiece piece, DirectFile& out, const std::string& path) {
  while (piece.size > 0) {
    throw_if_interrupted();
    const std::span<std::byte> room = out.room();
    const std::size_t count =
        read_piece(piece, room.first(std::min<std::uint64_t>(piece.size, room.size())), path);
    out.filled(count);
    piece.offset += count;
    piece.size -= count;
  }
}

/// Appends a piece to `out`, by the kernel if it can.
void append(FilePiece piece, int out, const std::string& path) {
  constexpr std::uint64_t kStep = 16U << 20U;  // so that Ctrl-C is noticed
  while (piece.size > 0) {
    throw_if_interrupted();
    auto offset = static_cast<off64_t>(piece.offset);
    const ssize_t count =
        ::copy_file_range(piece.fd, &offset, out, nullptr,
                          static_cast<std::size_t>(std::min<std::uint64_t>(piece.size, kStep)), 0);
    if (count < 0 && errno == EINTR) continue;
    // Two file systems, or one that cannot, or nothing came: the plain way says what is wrong.
    if (count <= 0) return copy_by_hand(piece, out, path);
    piece.offset += static_cast<std::uint64_t>(count);
    piece.size -= static_cast<std::uint64_t>(count);
  }
}

Json read_index_json(const std::filesystem::path& path) {
  if (is_absent(path)) return parse_json(index_json({}));
  const std::string text = read_file(path, kDocumentLimit);
  return during(fmt::format("reading '{}'", path.string()), [&] {
    static_cast<void>(Index::parse(text));
    return parse_json(text);
  });
}

std::string tag_of(const Json& entry) {
  const auto annotations = entry.find("annotations");
  if (annotations == entry.end() || !annotations->is_object()) return {};
  return annotations->value(std::string(kRefNameAnnotation), "");
}

}  // namespace

/// A blob on its way into the layout: its file, still under another name.
class LayoutWriter::NewBlob final : public Sink {
 public:
  explicit NewBlob(const std::filesystem::path& folder) : file_(folder) { file_.apply_umask(); }
  void write(Bytes in) override { write_all(file_.fd().get(), in, file_.path().string()); }
  /// Returns how many bytes there were.
  std::uint64_t append_pieces(const NextPiece& next, std::uint64_t size) {
    if (size >= kLarge) return append_large(next, size);
    const int out = file_.fd().get();
    std::uint64_t written = 0;
    while (const std::optional<FilePiece> piece = next()) {
      const bool whole = written == 0 && piece->size == size;
      if (!whole || !clone_whole_file(*piece, out)) append(*piece, out, file_.path().string());
      written += piece->size;
    }
    return written;
  }
  void commit(const std::filesystem::path& target) { file_.commit(target); }

 private:
  /// Below this size what the kernel copies itself is there sooner.
  static constexpr std::uint64_t kLarge = 16U << 20U;

  std::uint64_t append_large(const NextPiece& next, std::uint64_t size) {
    const std::string path = file_.path().string();
    DirectFile out(file_.fd(), path);
    std::uint64_t written = 0;
    while (const std::optional<FilePiece> piece = next()) {
      const bool whole = written == 0 && piece->size == size;
      if (whole && clone_whole_file(*piece, file_.fd().get())) return size;
      append_direct(*piece, out, path);
      written += piece->size;
    }
    out.finish();
    return written;
  }

  TempFile file_;
};

LayoutWriter::LayoutWriter(std::filesystem::path folder) : folder_(std::move(folder)) {
  check_folder(folder_);
}

std::filesystem::path LayoutWriter::blob_path(const Digest& digest) const {
  return folder_ / "blobs" / "sha256" / digest.hex();
}

bool LayoutWriter::contains(const Digest& digest, std::uint64_t size) const {
  return is_file_of(blob_path(digest), size);
}

void LayoutWriter::make_folders_once() {
  if (made_) return;
  make_folders(folder_);
  if (is_absent(folder_ / "oci-layout")) replace_file(folder_ / "oci-layout", kOciLayoutText);
  make_folders(folder_ / "blobs" / "sha256");
  made_ = true;
}

void LayoutWriter::put(const Digest& digest, std::uint64_t size, Source& bytes) {
  if (contains(digest, size)) return;
  make_folders_once();
  NewBlob blob(folder_);
  VerifySource verified(bytes, digest, size, fmt::format("blob {}", digest.brief()));
  copy(verified, blob);
  blob.commit(blob_path(digest));
}

void LayoutWriter::put(const Digest& digest, std::string_view text) {
  BytesSourceView bytes(as_bytes(text));
  put(digest, text.size(), bytes);
}

void LayoutWriter::put(const Digest& digest, std::uint64_t size, const NextPiece& next) {
  if (contains(digest, size)) return;
  make_folders_once();
  NewBlob blob(folder_);
  if (blob.append_pieces(next, size) != size) {
    throw Error(
        ErrorKind::corrupt,
        fmt::format("cannot write blob {}: its pieces have not {} bytes", digest.brief(), size));
  }
  blob.commit(blob_path(digest));
}

void LayoutWriter::put(const Digest& digest, const FillFile& fill) {
  make_folders_once();
  TempFile file(folder_);
  file.apply_umask();
  fill(file.fd(), file.path().string());
  file.commit(blob_path(digest));
}

bool LayoutWriter::put(const Digest& digest, UnnamedBlob& blob) {
  make_folders_once();
  return blob.publish(blob_path(digest));
}

void LayoutWriter::prepare() {
  make_folders_once();
}

Change LayoutWriter::tag(std::string_view tag, Descriptor image) {
  make_folders_once();
  // The folder is what stays: its files are replaced, and a lock on one of them would be lost.
  const Fd lock = open_for_reading(folder_);
  while (::flock(lock.get(), LOCK_EX) != 0) {
    if (errno != EINTR) throw system_error("lock", folder_.string(), errno);
    throw_if_interrupted();
  }
  const std::filesystem::path path = folder_ / "index.json";
  Json index = read_index_json(path);
  // Entries of others are kept as they are, unknown members included.
  Json& entries = index["manifests"];
  const Json entry = to_json(tagged(std::move(image), tag));
  const auto same =
      std::ranges::find_if(entries, [&](const Json& other) { return tag_of(other) == tag; });
  if (same == entries.end()) {
    entries.push_back(entry);
  } else {
    if (*same == entry) return Change::none;
    *same = entry;
  }
  replace_file(path, canonical_json(index));
  return Change::made;
}

LayoutReader::LayoutReader(std::filesystem::path folder) : folder_(std::move(folder)) {
  if (is_absent(folder_ / "oci-layout")) {
    throw Error(ErrorKind::invalid,
                fmt::format("cannot read '{}': it is not an OCI image layout", folder_.string()));
  }
  check_version(folder_);
  const std::filesystem::path path = folder_ / "index.json";
  index_ = during(fmt::format("reading '{}'", path.string()),
                  [&] { return Index::parse(read_file(path, kDocumentLimit)); });
}

const Descriptor& LayoutReader::find(std::string_view tag) const {
  return find_image(index_, tag, fmt::format("layout '{}'", folder_.string()));
}

namespace {

/// A blob's file, verified while it is read.
class BlobSource final : public Source {
 public:
  BlobSource(const std::filesystem::path& path, const Descriptor& blob)
      : file_(open_regular_nofollow(path), path.string()),
        verified_(file_, blob.digest, blob.size, path.string()) {
    if (file_.size() != blob.size) {
      throw Error(ErrorKind::corrupt, fmt::format("cannot read '{}': it has {} bytes instead of {}",
                                                  path.string(), file_.size(), blob.size));
    }
  }
  std::size_t read(std::span<std::byte> out) override { return verified_.read(out); }

 private:
  FileSource file_;
  VerifySource verified_;
};

}  // namespace

bool LayoutReader::contains(const Digest& digest, std::uint64_t size) const {
  return is_file_of(folder_ / "blobs" / "sha256" / digest.hex(), size);
}

std::unique_ptr<Source> LayoutReader::open(const Descriptor& blob) const {
  return std::make_unique<BlobSource>(folder_ / "blobs" / "sha256" / blob.digest.hex(), blob);
}

std::string LayoutReader::read(const Descriptor& document) const {
  const std::unique_ptr<Source> source = open(document);
  return read_all(*source, kDocumentLimit, document.digest.str());
}

}  // namespace stamp::oci
