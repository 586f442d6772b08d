#include "builder/package_record.h"

#include <optional>

#include "base/error.h"
#include "base/stream.h"
#include "layer/tar_reader.h"
#include "layer/tar_writer.h"

namespace stamp::build {
namespace {

// Members of the tar, in this order.
constexpr std::string_view kControl = "control";
constexpr std::string_view kFiles = "files";
constexpr std::string_view kMembers = "members";

void add_text(layer::TarWriter& tar, const EntryPath& path, std::string_view text,
              std::uint32_t mode) {
  layer::Entry entry;
  entry.path = path;
  entry.mode = mode;
  entry.size = text.size();
  BytesSourceView content(as_bytes(text));
  tar.add(entry, content);
}

/// Each file as "<md5 or nothing> <path>\0": no path holds a NUL.
std::string files_text(const std::vector<debian::ShippedFile>& files) {
  std::string text;
  for (const debian::ShippedFile& file : files) {
    text += file.md5;
    text += ' ';
    text += file.path;
    text += '\0';
  }
  return text;
}

std::vector<debian::ShippedFile> parse_files(std::string_view text) {
  std::vector<debian::ShippedFile> files;
  while (!text.empty()) {
    const std::size_t end = text.find('\0');
    const std::size_t space = text.find(' ');
    if (end == std::string_view::npos || space > end) {
      throw Error(ErrorKind::corrupt,
                  "cannot read the record of a package: its list of files is cut");
    }
    files.push_back(
        {std::string(text.substr(space + 1, end - space - 1)), std::string(text.substr(0, space))});
    text.remove_prefix(end + 1);
  }
  return files;
}

}  // namespace

std::string serialize_package_record(const debian::UnpackedPackage& package) {
  StringSink sink;
  layer::TarWriter tar(sink);
  const EntryPath root;
  add_text(tar, root / kControl, package.control.control.str(), 0644);
  add_text(tar, root / kFiles, files_text(package.files), 0644);
  for (const debian::ControlMember& member : package.control.members) {
    add_text(tar, root / kMembers / member.name, member.text, member.mode);
  }
  tar.write_end();
  return sink.take();
}

debian::UnpackedPackage parse_package_record(std::string_view bytes) {
  constexpr std::uint64_t kLimit = 256U << 20U;
  BytesSourceView source(as_bytes(bytes));
  layer::TarReader tar(source, "the record of a package");
  debian::UnpackedPackage package;
  while (std::optional<layer::Entry> entry = tar.next()) {
    std::string text = read_all(tar.content(), kLimit, entry->path.str());
    if (entry->path.str() == kControl) {
      package.control.control = debian::parse_stanza(text, "the record of a package");
    } else if (entry->path.str() == kFiles) {
      package.files = parse_files(text);
    } else {
      package.control.members.push_back(
          {std::string(entry->path.name()), std::move(text), entry->mode});
    }
  }
  return package;
}

}  // namespace stamp::build
