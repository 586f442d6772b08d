#include "base/entry_path.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp {
namespace {

constexpr std::size_t kMaxPath = 4096;

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw Error(ErrorKind::invalid,
              fmt::format("'{}' is not a path in an image: {}", printable(text, 200), why));
}

enum class Dots { refuse, drop };

/// Whether a path is surely as normalise() would leave it.
bool is_normal(std::string_view text) {
  return !text.empty() && text.front() != '/' && text.front() != '.' && text.back() != '/' &&
         text.find("//") == std::string_view::npos && text.find("/.") == std::string_view::npos;
}

/// Joins the components of `text`; empty ones (double slashes) and, with Dots::drop, "." vanish.
std::string normalise(std::string_view text, Dots dots) {
  if (text.size() > kMaxPath) refuse(text, "longer than 4,096 bytes");
  if (text.find('\0') != std::string_view::npos) refuse(text, "it holds a NUL byte");
  if (is_normal(text)) return std::string(text);
  std::string out;
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = std::min(text.find('/', start), text.size());
    const std::string_view component = text.substr(start, end - start);
    start = end + 1;
    if (component.empty()) continue;
    if (component == "..") refuse(text, "'..' is not allowed");
    if (component == ".") {
      if (dots == Dots::drop) continue;
      refuse(text, "'.' is not allowed");
    }
    if (!out.empty()) out += '/';
    out += component;
  }
  return out;
}

}  // namespace

EntryPath EntryPath::parse(std::string_view text) {
  if (!text.starts_with('/')) refuse(text, "it must start with '/'");
  if (text.find("//") != std::string_view::npos) refuse(text, "it has an empty component");
  return EntryPath(normalise(text, Dots::refuse));
}

EntryPath EntryPath::parse_member(std::string_view name) {
  if (name.empty()) refuse(name, "it is empty");
  return EntryPath(normalise(name, Dots::drop));
}

EntryPath EntryPath::parent() const {
  const std::size_t slash = text_.rfind('/');
  return slash == std::string::npos ? EntryPath() : EntryPath(text_.substr(0, slash));
}

std::string_view EntryPath::name() const {
  const std::size_t slash = text_.rfind('/');
  return slash == std::string::npos ? std::string_view(text_)
                                    : std::string_view(text_).substr(slash + 1);
}

EntryPath EntryPath::operator/(std::string_view relative) const {
  if (relative.starts_with('/')) refuse(relative, "it must be relative");
  std::string tail = normalise(relative, Dots::refuse);
  if (text_.empty()) return EntryPath(std::move(tail));
  if (tail.empty()) return *this;
  if (text_.size() + 1 + tail.size() > kMaxPath) refuse(relative, "longer than 4,096 bytes");
  return EntryPath(text_ + "/" + tail);
}

bool EntryPath::is_within(const EntryPath& folder) const {
  if (folder.is_root()) return true;
  return text_.starts_with(folder.text_) &&
         (text_.size() == folder.text_.size() || text_[folder.text_.size()] == '/');
}

std::size_t EntryPath::depth() const {
  if (text_.empty()) return 0;
  return 1 + static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '/'));
}

}  // namespace stamp
