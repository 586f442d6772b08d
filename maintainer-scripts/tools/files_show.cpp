#include "maintainer-scripts/tools/files_show.h"

#include <ctime>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::scripts {

using layer::EntryType;

char type_letter(const Inode& inode) {
  switch (inode.type) {
    case EntryType::directory:
      return 'd';
    case EntryType::symlink:
      return 'l';
    case EntryType::character_device:
      return 'c';
    case EntryType::block_device:
      return 'b';
    case EntryType::fifo:
      return 'p';
    case EntryType::file:
    case EntryType::hardlink:
      return 'f';
  }
  return '?';
}

std::string type_and_mode(const Inode& inode) {
  const char letter = inode.is_file() ? '-' : type_letter(inode);
  return letter + mode_letters(inode.mode);
}

std::uint64_t link_count(const Inode& inode) {
  if (!inode.is_directory()) return inode.names;
  std::uint64_t count = 2;
  for (const auto& [name, child] : inode.children) count += child->is_directory() ? 1U : 0U;
  return count;
}

std::uint64_t shown_size(const Inode& inode) {
  if (inode.is_directory()) return 4096;
  return inode.is_symlink() ? inode.link_target.size() : inode.size;
}

std::string shown_time(std::int64_t time, TimeForm form) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::time_t seconds = time;
  std::tm at = {};
  if (::gmtime_r(&seconds, &at) == nullptr) return std::to_string(time);
  const int year = at.tm_year + 1900;
  if (form == TimeForm::full) {
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.000000000 +0000", year, at.tm_mon + 1,
                       at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec);
  }
  const std::string_view month = kMonths.substr(static_cast<std::size_t>(at.tm_mon) * 3, 3);
  if (form == TimeForm::year) return fmt::format("{} {:2}  {}", month, at.tm_mday, year);
  return fmt::format("{} {:2} {:02}:{:02}", month, at.tm_mday, at.tm_hour, at.tm_min);
}

Conversion take_conversion(std::string_view& text) {
  Conversion conversion;
  for (; !text.empty() && (text.front() == '-' || text.front() == '0'); text.remove_prefix(1)) {
    (text.front() == '-' ? conversion.left : conversion.zeros) = true;
  }
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
    conversion.width = conversion.width * 10 + static_cast<std::size_t>(text.front() - '0');
    if (conversion.width > 4096) throw Unknown("a field so wide is not known");
  }
  if (text.empty()) throw Unknown("a format that ends within '%' is not known");
  conversion.letter = text.front();
  text.remove_prefix(1);
  return conversion;
}

std::string padded(const Conversion& conversion, std::string text) {
  if (text.size() >= conversion.width) return text;
  const std::size_t missing = conversion.width - text.size();
  if (conversion.left) return text + std::string(missing, ' ');
  return std::string(missing, conversion.zeros ? '0' : ' ') + text;
}

char take_escape(std::string_view& text) {
  if (text.empty()) return '\\';
  const char letter = text.front();
  if (letter >= '0' && letter <= '7') {
    unsigned value = 0;
    for (std::size_t i = 0; i < 3 && !text.empty() && text.front() >= '0' && text.front() <= '7';
         ++i) {
      value = value * 8 + static_cast<unsigned>(text.front() - '0');
      text.remove_prefix(1);
    }
    return static_cast<char>(value);
  }
  text.remove_prefix(1);
  constexpr std::string_view kLetters = "abfnrtv\\\"";
  constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\\"";
  const std::size_t at = kLetters.find(letter);
  if (at == std::string_view::npos) {
    throw Unknown(fmt::format("escape '\\{}' is not known", printable({&letter, 1})));
  }
  return kValues[at];
}

}  // namespace stamp::scripts
