// What find -printf prints, and the syntax of its patterns.
#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/tools/files_find.h"
#include "maintainer-scripts/tools/files_show.h"

namespace stamp::scripts {
namespace {

std::string field(Process& process, char letter, const FindTarget& target) {
  const Inode& inode = *target.inode;
  switch (letter) {
    case 'p':
      return target.path;
    case 'P': {
      std::string_view below = std::string_view(target.path).substr(target.start.size());
      while (below.starts_with('/')) below.remove_prefix(1);
      return std::string(below);
    }
    case 'f':
      return std::string(last_component(target.path));
    case 'h': {
      const std::string_view bare = without_trailing_slashes(target.path);
      const std::size_t slash = bare.rfind('/');
      return slash == std::string_view::npos ? "." : std::string(bare.substr(0, slash));
    }
    case 'H':
      return target.start;
    case 'd':
      return std::to_string(target.depth);
    case 'l':
      return inode.link_target;
    case 'm':
      return fmt::format("{:o}", inode.mode);
    case 'M':
      return type_and_mode(inode);
    case 'n':
      return std::to_string(link_count(inode));
    case 's':
      return std::to_string(shown_size(inode));
    case 'u':
      return user_name(process, inode.uid).value_or(std::to_string(inode.uid));
    case 'U':
      return std::to_string(inode.uid);
    case 'g':
      return group_name(process, inode.gid).value_or(std::to_string(inode.gid));
    case 'G':
      return std::to_string(inode.gid);
    case 'y':
      return std::string(1, type_letter(inode));
    default:
      throw Unknown(fmt::format("format '%{}' is not known", printable({&letter, 1})));
  }
}

}  // namespace

std::string find_format(Process& process, std::string_view format, const FindTarget& target) {
  std::string line;
  std::string_view rest = format;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '\\') {
      line += take_escape(rest);
    } else if (c != '%') {
      line += c;
    } else if (rest.starts_with('%')) {
      rest.remove_prefix(1);
      line += '%';
    } else {
      const Conversion conversion = take_conversion(rest);
      line += padded(conversion, field(process, conversion.letter, target));
    }
  }
  return line;
}

std::string regex_from_emacs(std::string_view text) {
  constexpr std::string_view kSwapped = "()|{}";
  std::string out;
  bool in_set = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_set) {
      in_set = c != ']';
      out += c;
    } else if (c == '\\' && i + 1 < text.size()) {
      const char next = text[++i];
      if (next == '{' || next == '}') throw Unknown("'\\{' is not known in -regex");
      if (kSwapped.find(next) == std::string_view::npos) out += '\\';
      out += next;
    } else if (kSwapped.find(c) != std::string_view::npos) {
      out += '\\';
      out += c;
    } else {
      in_set = c == '[';
      out += c;
    }
  }
  return out;
}

}  // namespace stamp::scripts
