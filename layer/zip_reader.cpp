#include "layer/zip_reader.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "layer/utf8.h"
#include "layer/zip_library.h"

namespace stamp::layer {
namespace {

constexpr std::size_t kBlock = 64 * 1024;

}  // namespace

struct ZipReader::State final : Source {
  State(const Fd& file, std::string name)
      : what(std::move(name)), library(load_zip()), zip(library.read_new(), library.read_free) {
    const bool opened = zip != nullptr &&
                        library.read_support_format_zip_seekable(zip.get()) == ARCHIVE_OK &&
                        library.read_open_fd(zip.get(), file.get(), kBlock) == ARCHIVE_OK;
    if (!opened) fail_library();
  }

  [[noreturn]] void fail(std::string_view cause) const {
    throw Error(ErrorKind::corrupt, fmt::format("cannot read {}: {}", what, cause));
  }
  [[noreturn]] void fail_library() const {
    const char* const text = zip != nullptr ? library.error_string(zip.get()) : nullptr;
    fail(printable(text != nullptr ? text : "it is not a zip archive", 200));
  }
  std::optional<Entry> next();
  std::size_t read(std::span<std::byte> out) override;
  Entry convert(archive_entry* member) const;

  std::string what;
  ZipLibrary library;
  std::unique_ptr<archive, decltype(&::archive_read_free)> zip;
  std::uint64_t left = 0;
  bool open = false;  // content whose end was not reached yet
};

namespace {

/// A text that libarchive has either as UTF-8 or, unmarked, as bytes.
std::optional<std::string> member_text(const char* utf8, const char* bytes) {
  const char* const text = utf8 != nullptr ? utf8 : bytes;
  if (text == nullptr || !is_utf8(text)) return std::nullopt;
  return text;
}

}  // namespace

Entry ZipReader::State::convert(archive_entry* member) const {
  const std::optional<std::string> name =
      member_text(library.entry_pathname_utf8(member), library.entry_pathname(member));
  if (!name) fail("the name of an entry is not UTF-8");
  const std::string shown = printable(*name, 300);
  if (library.entry_is_encrypted(member) != 0) fail(fmt::format("'{}' is encrypted", shown));
  Entry entry;
  entry.path =
      during("reading " + what, ErrorKind::corrupt, [&] { return EntryPath::parse_member(*name); });
  entry.mode = library.entry_perm(member) & 07777U;
  const auto type = library.entry_filetype(member);
  if (type == AE_IFREG) {
    if (name->ends_with('/'))
      fail(fmt::format("'{}' is a file with the name of a directory", shown));
    if (library.entry_size_is_set(member) == 0 || library.entry_size(member) < 0) {
      fail(fmt::format("'{}' has no size", shown));
    }
    entry.size = static_cast<std::uint64_t>(library.entry_size(member));
  } else if (type == AE_IFDIR) {
    entry.type = EntryType::directory;
  } else if (type == AE_IFLNK) {
    entry.type = EntryType::symlink;
    entry.link_target =
        member_text(library.entry_symlink_utf8(member), library.entry_symlink(member)).value_or("");
  } else {
    fail(fmt::format("'{}' is neither file, directory nor symlink", shown));
  }
  during("reading " + what, ErrorKind::corrupt, [&] { validate(entry); });
  return entry;
}

std::optional<Entry> ZipReader::State::next() {
  throw_if_interrupted();
  if (open && left == 0) {
    // All bytes were taken, but the end, where the checksum is looked at, was not asked for.
    std::byte end{};
    static_cast<void>(read(std::span(&end, 1)));
  }
  archive_entry* member = nullptr;
  const int result = library.read_next_header(zip.get(), &member);
  open = false;
  if (result == ARCHIVE_EOF) return std::nullopt;
  if (result != ARCHIVE_OK) fail_library();
  Entry entry = convert(member);
  left = entry.size;
  open = entry.type == EntryType::file;
  return entry;
}

std::size_t ZipReader::State::read(std::span<std::byte> out) {
  if (!open || out.empty()) return 0;
  throw_if_interrupted();
  const la_ssize_t count = library.read_data(zip.get(), out.data(), out.size());
  if (count < 0) fail_library();
  const auto taken = static_cast<std::size_t>(count);
  if (taken > left) fail("an entry has more bytes than its directory says");
  if (taken == 0 && left > 0) fail("an entry has less bytes than its directory says");
  left -= taken;
  open = taken > 0;
  return taken;
}

ZipReader::ZipReader(const Fd& file, std::string what)
    : state_(std::make_unique<State>(file, std::move(what))) {}
ZipReader::~ZipReader() = default;

std::optional<Entry> ZipReader::next() {
  return state_->next();
}

Source& ZipReader::content() {
  return *state_;
}

}  // namespace stamp::layer
