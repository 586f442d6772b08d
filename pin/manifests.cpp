#include "pin/manifests.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <iterator>
#include <set>
#include <utility>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/parallel.h"
#include "pin/find.h"
#include "pin/unruled.h"

namespace stamp::pin {
namespace {

namespace fs = std::filesystem;

/// Folders of programs' own data: nobody writes manifests there.
constexpr std::array<std::string_view, 3> kPassedOver = {".git", ".terraform", "node_modules"};
/// What a run that was killed leaves of files that it was about to replace.
constexpr std::string_view kUnfinished = ".stamp-";
/// Files that one task looks into.
constexpr std::size_t kPerTask = 64;
/// A text has no NUL; where programs have one, it is near the start.
constexpr std::size_t kProbe = 4096;

constexpr std::string_view kMarker = "stamp:pin";

bool is_passed_over(const fs::path& name) {
  return std::find(kPassedOver.begin(), kPassedOver.end(), name.native()) != kPassedOver.end();
}

/// Collects files, each once however it is named.
class Lister {
 public:
  void add(const fs::path& path) {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    if (error) throw system_error("open", path.native(), error.value());
    if (fs::is_directory(real, error)) {
      add_folder(real, path);
    } else if (fs::is_regular_file(real, error)) {
      add_file(real, path);
    } else {
      throw Error(ErrorKind::io,
                  fmt::format("cannot look into '{}': it is neither a file nor a folder",
                              printable(path.native(), 500)));
    }
  }

  std::vector<ManifestFile> take() {
    std::sort(files_.begin(), files_.end(),
              [](const ManifestFile& a, const ManifestFile& b) { return a.name < b.name; });
    return std::move(files_);
  }

 private:
  void add_folder(const fs::path& folder, const fs::path& name) {
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      const fs::directory_entry& entry = *entries;
      const fs::path base = entry.path().filename();
      if (entry.is_symlink(error) || error) continue;
      if (entry.is_directory(error)) {
        if (!is_passed_over(base)) add_folder(entry.path(), name / base);
      } else if (entry.is_regular_file(error)) {
        if (!base.native().starts_with(kUnfinished)) add_file(entry.path(), name / base);
      }
    }
    if (error) throw system_error("read folder", name.native(), error.value());
  }

  void add_file(const fs::path& path, const fs::path& name) {
    if (!known_.insert(path.native()).second) return;
    files_.push_back({path, name.lexically_normal().string()});
  }

  std::vector<ManifestFile> files_;
  std::set<std::string> known_;
};

bool contains(std::string_view text, std::string_view word) {
  return ::memmem(text.data(), text.size(), word.data(), word.size()) != nullptr;
}

/// Reads a file into `text`, whose memory is used again and again. False: it is larger than what
/// is looked into.
bool read_into(const ManifestFile& file, std::string& text) {
  const Fd fd = open_regular_nofollow(file.path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error("read", file.name, errno);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > kMaxManifest) return false;
  text.resize(size + 1);  // one more than there should be, to see the end
  std::size_t filled = 0;
  while (true) {
    const ssize_t got = ::read(fd.get(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error("read", file.name, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled > kMaxManifest) return false;
    if (filled == text.size()) text.resize(text.size() * 2);
  }
  text.resize(filled);
  return true;
}

/// Counts lines on from one place to the next, so that many places cost one pass.
class Positions {
 public:
  explicit Positions(std::string_view text) : text_(text) {}

  TextPosition of(std::size_t offset) {
    if (offset < last_) {
      last_ = 0;
      line_ = 0;
    }
    line_ += static_cast<std::size_t>(
        std::count(text_.begin() + static_cast<std::ptrdiff_t>(last_),
                   text_.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
    last_ = offset;
    const std::size_t start = text_.rfind('\n', offset == 0 ? 0 : offset - 1);
    const std::size_t begin =
        offset == 0 || start == std::string_view::npos ? 0 : std::min(start + 1, offset);
    const TextPosition in_line = position_at(text_.substr(begin, offset - begin), offset - begin);
    return {line_ + 1, in_line.column};
  }

 private:
  std::string_view text_;
  std::size_t last_ = 0;
  std::size_t line_ = 0;
};

/// What one task looks into, and what it finds there.
struct Batch {
  std::vector<FileFindings> files;
  std::size_t looked_at = 0;
};

class Looker {
 public:
  Looker(const Wanted& wanted, const workspace::PinSettings& settings, Unreadable unreadable)
      : wanted_(wanted), settings_(settings), unreadable_(unreadable) {}

  void look_into(const ManifestFile& file, Batch& batch) {
    if (!read_into(file, text_.text)) {
      if (format_of(file.name) == Format::text) return;
      batch.files.push_back({file, {}, {}, {{"", {}, "it is larger than 16 MiB"}}});
      return;
    }
    ++batch.looked_at;
    const std::string_view text = text_.text;
    if (text.substr(0, kProbe).find('\0') != std::string_view::npos) return;
    if (!wanted_.may_be_in(file.name, text)) return;
    text_.name = file.name;
    FileFindings found = findings_of(file);
    if (found.findings.empty() && found.left_alone.empty()) return;
    found.digest = Digest::of(text);
    batch.files.push_back(std::move(found));
  }

 private:
  FileFindings findings_of(const ManifestFile& file) const {
    FileFindings found{file, {}, {}, {}};
    Found places;
    try {
      places = find_places(text_, settings_);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid || unreadable_ == Unreadable::stop) throw;
      found.left_alone.push_back({"", {}, first_line(error.headline(), file.name)});
      return found;
    }
    add_unruled(text_, wanted_, places);
    Positions positions(text_.text);
    for (LeftAlone& left : places.left_alone) {
      found.left_alone.push_back(
          {std::move(left.path), positions.of(left.at), std::move(left.reason)});
    }
    for (Place& place : places.places) {
      const TextPosition position = positions.of(place.first().span.begin);
      found.findings.push_back({std::move(place), position});
    }
    return found;
  }

  /// The message without the lines that show the place, and without the file, which is named beside
  /// it.
  static std::string first_line(const std::string& headline, const std::string& file) {
    std::string line = headline.substr(0, headline.find('\n'));
    return line.starts_with(file + ":") ? "at " + line.substr(file.size() + 1) : line;
  }

  const Wanted& wanted_;
  const workspace::PinSettings& settings_;
  Unreadable unreadable_;
  FileText text_;  ///< its memory is used again and again
};

}  // namespace

std::vector<ManifestFile> list_manifests(std::span<const fs::path> paths) {
  Lister lister;
  for (const fs::path& path : paths) lister.add(path);
  return lister.take();
}

Wanted Wanted::any(std::vector<oci::Reference> own) {
  Wanted wanted = repositories(std::move(own));
  wanted.any_ = true;
  return wanted;
}

Wanted Wanted::repositories(std::vector<oci::Reference> own) {
  Wanted wanted;
  wanted.own_ = std::move(own);
  if (wanted.own_.empty()) return wanted;
  wanted.common_ = wanted.own_.front().repository;
  for (const oci::Reference& image : wanted.own_) {
    const std::string& word = image.repository;
    const auto [end, other] =
        std::mismatch(wanted.common_.begin(), wanted.common_.end(), word.begin(), word.end());
    wanted.common_.erase(end, wanted.common_.end());
  }
  return wanted;
}

bool Wanted::may_be_in(std::string_view name, std::string_view text) const {
  if (!any_ && !may_be_named_in(text)) return false;
  return format_of(name) != Format::text || contains(text, kMarker);
}

bool Wanted::may_be_named_in(std::string_view text) const {
  if (own_.empty() || !contains(text, common_)) return false;
  return std::any_of(own_.begin(), own_.end(),
                     [&](const oci::Reference& image) { return contains(text, image.repository); });
}

bool Wanted::names(const oci::Reference& reference) const {
  return std::any_of(own_.begin(), own_.end(), [&](const oci::Reference& image) {
    return image.repository_str() == reference.repository_str();
  });
}

Findings find_in_files(std::span<const ManifestFile> files, const Wanted& wanted,
                       const workspace::PinSettings& settings, Unreadable unreadable) {
  const std::function<Batch(std::size_t)> look = [&](std::size_t number) {
    Batch batch;
    Looker looker(wanted, settings, unreadable);
    const std::size_t end = std::min((number + 1) * kPerTask, files.size());
    for (std::size_t i = number * kPerTask; i < end; ++i) {
      looker.look_into(files[i], batch);
    }
    return batch;
  };
  Findings all;
  for (Batch& batch : make_all((files.size() + kPerTask - 1) / kPerTask, look)) {
    all.looked_at += batch.looked_at;
    std::move(batch.files.begin(), batch.files.end(), std::back_inserter(all.files));
  }
  return all;
}

}  // namespace stamp::pin
