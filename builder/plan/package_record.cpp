#include "builder/plan/package_record.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/stream.h"
#include "layer/tar_reader.h"
#include "layer/tar_writer.h"

namespace stamp::build {
namespace {

// Members of the tar, in this order; of kMembers those that are data come last.
constexpr std::string_view kControl = "control";
constexpr std::string_view kFiles = "files";
constexpr std::string_view kMembers = "members";

constexpr const char* kWhat = "the record of a package";
constexpr std::size_t kTarEnd = 1024;

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

bool is_data_member(std::string_view member) {
  return member == "md5sums" || member == "symbols" || member == "shlibs";
}

PackageRecord serialize_package_record(const debian::UnpackedPackage& package) {
  StringSink sink;
  layer::TarWriter tar(sink);
  const EntryPath root;
  const auto add_members = [&](auto&& wanted) {
    for (const debian::ControlMember& member : package.control.members) {
      if (wanted(member)) add_text(tar, root / kMembers / member.name, member.text, member.mode);
    }
  };
  add_text(tar, root / kControl, package.control.control.str(), 0644);
  add_text(tar, root / kFiles, files_text(package.files), 0644);
  add_members([](const auto& member) { return !is_data_member(member.name); });
  const auto head = static_cast<std::size_t>(tar.size());
  add_members([](const auto& member) { return is_data_member(member.name); });
  tar.write_end();
  return {sink.take(), head};
}

debian::UnpackedPackage parse_package_record(std::string_view bytes) {
  BytesSourceView source(as_bytes(bytes));
  layer::TarReader tar(source, kWhat);
  debian::UnpackedPackage package;
  while (std::optional<layer::Entry> entry = tar.next()) {
    std::string text = read_sized(tar.content(), entry->size, kWhat);
    if (entry->path.str() == kControl) {
      package.control.control = debian::parse_stanza(text, kWhat);
    } else if (entry->path.str() == kFiles) {
      package.files = parse_files(text);
    } else {
      package.control.members.push_back(
          {std::string(entry->path.name()), std::move(text), entry->mode});
    }
  }
  std::sort(package.control.members.begin(), package.control.members.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return package;
}

debian::UnpackedPackage parse_package_head(std::string head) {
  head.append(kTarEnd, '\0');
  return parse_package_record(head);
}

}  // namespace stamp::build
