#include "layer/whiteout.h"

#include <string>
#include <string_view>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::layer {
namespace {

constexpr std::string_view kPrefix = ".wh.";

}  // namespace

bool has_whiteout_name(const EntryPath& path) {
  const std::string& text = path.str();
  return text.starts_with(kPrefix) || text.find("/.wh.") != std::string::npos;
}

void refuse_whiteout_name(const EntryPath& path) {
  if (!has_whiteout_name(path)) return;
  throw Error(ErrorKind::invalid,
              fmt::format("'{}': a name that starts with '.wh.' is an order to remove a file, and "
                          "cannot be one",
                          printable(path.absolute(), 300)));
}

Entry whiteout_entry(const EntryPath& path, std::int64_t mtime) {
  if (path.is_root()) throw Error(ErrorKind::invalid, "'/': the root cannot be removed");
  refuse_whiteout_name(path);
  Entry entry;
  entry.path = path.parent() / (std::string(kPrefix) + std::string(path.name()));
  entry.mtime = mtime;
  return entry;
}

std::optional<EntryPath> removed_path(const EntryPath& path) {
  const std::string_view name = path.name();
  // ".wh..wh.opq" and the like mark a directory; they remove no path of their own.
  if (!name.starts_with(kPrefix) || name.starts_with(".wh..wh.") || name == kPrefix) {
    return std::nullopt;
  }
  return path.parent() / name.substr(kPrefix.size());
}

}  // namespace stamp::layer
