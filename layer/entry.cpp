#include "layer/entry.h"

#include <fmt/core.h>

#include "base/error.h"
#include "layer/utf8.h"

namespace stamp::layer {
namespace {

constexpr std::uint32_t kMaxDevice = 07777777;  // seven octal digits of the header

[[noreturn]] void refuse(const Entry& entry, std::string_view why) {
  throw Error(ErrorKind::invalid,
              fmt::format("'{}': {}", printable(entry.path.absolute(), 300), why));
}

void check_numbers(const Entry& entry) {
  if (entry.mode > 07777) refuse(entry, fmt::format("mode {:o} is not one", entry.mode));
  if (entry.uid > kMaxOwner) refuse(entry, fmt::format("user id {} is too large", entry.uid));
  if (entry.gid > kMaxOwner) refuse(entry, fmt::format("group id {} is too large", entry.gid));
  if (entry.mtime < 0 || entry.mtime > kMaxTime) {
    refuse(entry, fmt::format("time {} is not within 1970 and 2242", entry.mtime));
  }
  if (entry.size > kMaxSize) refuse(entry, fmt::format("size {} is too large", entry.size));
  if (entry.size != 0 && entry.type != EntryType::file) {
    refuse(entry, fmt::format("a {} has no content", describe(entry.type)));
  }
  if (entry.device_major > kMaxDevice || entry.device_minor > kMaxDevice) {
    refuse(entry, "its device number is too large");
  }
}

void check_target(const Entry& entry) {
  const bool is_link = entry.type == EntryType::symlink || entry.type == EntryType::hardlink;
  const std::string& target = entry.link_target;
  if (is_link == target.empty()) {
    refuse(entry, is_link ? "the link has no target" : "only links have a target");
  }
  if (target.size() > kMaxLinkTarget) refuse(entry, "its target is longer than 4,096 bytes");
  if (target.find('\0') != std::string::npos) refuse(entry, "its target holds a NUL byte");
  if (!is_utf8(target)) refuse(entry, "its target is not UTF-8");
  if (entry.type == EntryType::hardlink && target == entry.path.str()) {
    refuse(entry, "it is a hard link to itself");
  }
}

void check_xattrs(const Entry& entry) {
  for (const auto& [name, value] : entry.xattrs) {
    const bool ordinary = name.starts_with("user.") && !name.starts_with("user.overlay.");
    if ((!ordinary && name != "security.capability") || !is_utf8(name) ||
        name.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
      refuse(entry, fmt::format("extended attribute '{}' is not allowed in a layer",
                                printable(name, 100)));
    }
  }
}

}  // namespace

std::string_view describe(EntryType type) {
  switch (type) {
    case EntryType::file:
      return "file";
    case EntryType::directory:
      return "directory";
    case EntryType::symlink:
      return "symlink";
    case EntryType::hardlink:
      return "hard link";
    case EntryType::character_device:
      return "character device";
    case EntryType::block_device:
      return "block device";
    case EntryType::fifo:
      return "fifo";
  }
  throw Error(ErrorKind::internal, "cannot describe an entry: unknown type");
}

void validate(const Entry& entry) {
  if (entry.path.is_root() && entry.type != EntryType::directory) {
    refuse(entry, fmt::format("the root cannot be a {}", describe(entry.type)));
  }
  if (!is_utf8(entry.path.str())) refuse(entry, "its name is not UTF-8");
  check_numbers(entry);
  check_target(entry);
  check_xattrs(entry);
}

}  // namespace stamp::layer
