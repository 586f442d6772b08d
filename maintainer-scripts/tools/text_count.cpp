// wc, cksum, od, base64: what a text is made of.
#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {
namespace {

struct Counts {
  std::uint64_t lines = 0;
  std::uint64_t words = 0;
  std::uint64_t bytes = 0;
  std::uint64_t longest = 0;
};

bool is_graphic(char c) {
  return c > ' ' && c < '\x7f';
}

Counts count(std::string_view text) {
  Counts counts;
  counts.bytes = text.size();
  bool in_word = false;
  std::uint64_t column = 0;
  for (const char c : text) {
    if (c == '\n') ++counts.lines;
    if (is_space(c)) {
      in_word = false;
    } else if (is_graphic(c) && !in_word) {
      // bytes that are neither spaces nor printable neither begin nor end a word
      in_word = true;
      ++counts.words;
    }
    if (c == '\n' || c == '\r' || c == '\f') {
      column = 0;
    } else if (c == '\t') {
      column += 8 - column % 8;
    } else if (c == ' ' || is_graphic(c)) {
      ++column;
    }
    counts.longest = std::max(counts.longest, column);
  }
  return counts;
}

/// What wc was asked to show.
class CountShower {
 public:
  explicit CountShower(const Options& options) {
    lines_ = options.has("l");
    words_ = options.has("w");
    bytes_ = options.has("c") + options.has("m");
    longest_ = options.has("L");
    if (number() == 0) lines_ = words_ = bytes_ = 1;
  }

  int number() const { return lines_ + words_ + bytes_ + longest_; }

  std::string show(const Counts& counts, std::size_t width, std::string_view name) const {
    std::string line;
    const auto add = [&line, width](std::uint64_t value) {
      line += fmt::format("{}{:{}}", line.empty() ? "" : " ", value, width);
    };
    if (lines_ > 0) add(counts.lines);
    if (words_ > 0) add(counts.words);
    for (int i = 0; i < bytes_; ++i) add(counts.bytes);
    if (longest_ > 0) add(counts.longest);
    if (!name.empty()) line += fmt::format(" {}", name);
    return line + '\n';
  }

 private:
  int lines_ = 0;
  int words_ = 0;
  int bytes_ = 0;
  int longest_ = 0;
};

/// Whether standard input is one of those whose size wc cannot ask for.
bool is_pipe(const Process& process) {
  const auto input = process.files.find(0);
  if (input == process.files.end()) return true;
  return dynamic_cast<const Buffer*>(input->second.get()) != nullptr ||
         dynamic_cast<const Nothing*>(input->second.get()) != nullptr;
}

std::uint32_t posix_crc(std::string_view text) {
  std::uint32_t crc = 0;
  const auto add = [&crc](std::uint32_t byte) {
    crc ^= byte << 24U;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc << 1U) ^ ((crc & 0x80000000U) != 0 ? 0x04C11DB7U : 0U);
    }
  };
  for (const char c : text) add(static_cast<unsigned char>(c));
  for (std::size_t size = text.size(); size > 0; size >>= 8U) {
    add(static_cast<std::uint32_t>(size & 0xFFU));
  }
  return ~crc;
}

/// How od shows one unit.
struct UnitFormat {
  char letter = 'o';
  std::size_t size = 2;
};

UnitFormat parse_unit(std::string_view text) {
  UnitFormat unit;
  if (text.empty()) throw Unknown("an empty type of od");
  unit.letter = text.front();
  if (text == "c") return {'c', 1};
  const std::string_view size = text.substr(1);
  if (size.empty()) {
    unit.size = 4;
  } else if (size == "1" || size == "C") {
    unit.size = 1;
  } else if (size == "2" || size == "S") {
    unit.size = 2;
  } else if (size == "4" || size == "I") {
    unit.size = 4;
  } else if (size == "8" || size == "L") {
    unit.size = 8;
  } else {
    throw Unknown(fmt::format("type '{}' of od is not known", text));
  }
  if (std::string_view("doux").find(unit.letter) == std::string_view::npos) {
    throw Unknown(fmt::format("type '{}' of od is not known", text));
  }
  return unit;
}

std::string show_character(char c) {
  static constexpr std::pair<char, std::string_view> kNamed[] = {
      {'\0', "\\0"}, {'\a', "\\a"}, {'\b', "\\b"}, {'\f', "\\f"},
      {'\n', "\\n"}, {'\r', "\\r"}, {'\t', "\\t"}, {'\v', "\\v"}};
  for (const auto& [byte, name] : kNamed) {
    if (c == byte) return fmt::format(" {:>3}", name);
  }
  if (c == ' ' || is_graphic(c)) return fmt::format(" {:>3}", c);
  return fmt::format(" {:03o}", static_cast<unsigned char>(c));
}

std::string show_unit(const UnitFormat& unit, std::string_view bytes) {
  if (unit.letter == 'c') return show_character(bytes.front());
  static constexpr std::size_t kOctal[] = {3, 6, 11, 22};
  static constexpr std::size_t kDecimal[] = {3, 5, 10, 20};
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  const auto row = static_cast<std::size_t>(std::countr_zero(unit.size));
  switch (unit.letter) {
    case 'o':
      return fmt::format(" {:0{}o}", value, kOctal[row]);
    case 'x':
      return fmt::format(" {:0{}x}", value, unit.size * 2);
    case 'u':
      return fmt::format(" {:{}}", value, kDecimal[row]);
    default: {
      const std::size_t bits = 64 - unit.size * 8;
      const auto number = static_cast<std::int64_t>(value << bits) >> bits;
      return fmt::format(" {:{}}", number, kDecimal[row] + (unit.size == 8 ? 0 : 1));
    }
  }
}

/// od's rows.
class Dump {
 public:
  Dump(const Options& options, Output& output) : output_(output) {
    if (const std::string* radix = options.value("A")) {
      radix_ = radix->size() == 1 ? radix->front() : '?';
      if (std::string_view("nodx").find(radix_) == std::string_view::npos) {
        throw Unknown(fmt::format("address form '{}' is not known", *radix));
      }
    }
    int types = 0;
    for (const Option& option : options.given) {
      if (option.name == "t") unit_ = parse_unit(*option.value);
      if (option.name == "c") unit_ = {'c', 1};
      if (option.name == "b") unit_ = {'o', 1};
      if (option.name == "x") unit_ = {'x', 2};
      if (option.name == "d") unit_ = {'u', 2};
      if (option.name == "o") unit_ = {'o', 2};
      if (std::string_view("tcbxdo").find(option.name) != std::string_view::npos) ++types;
    }
    if (types > 1) throw Unknown("od with several types");
    if (options.has("w")) width_ = number_of(options, "w", 32);
    if (width_ == 0 || width_ % unit_.size != 0) throw Unknown("od with such a width");
    all_ = options.has("v");
  }

  static std::size_t number_of(const Options& options, std::string_view name,
                               std::size_t otherwise) {
    const std::string* text = options.value(name);
    if (text == nullptr) return otherwise;
    const auto number = parse_count(*text);
    if (!number) throw Unknown(fmt::format("number '{}' is not known", *text));
    return *number;
  }

  void show(std::string_view text, std::size_t address) {
    std::string_view before;
    bool starred = false;
    for (std::size_t at = 0; at < text.size(); at += width_) {
      const std::string_view row = text.substr(at, width_);
      if (!all_ && at > 0 && row == before) {
        if (!starred) output_.add("*\n");
        starred = true;
        continue;
      }
      starred = false;
      before = row;
      output_.add(show_address(address + at) + show_row(row) + '\n');
    }
    if (radix_ != 'n') output_.add(show_address(address + text.size()) + '\n');
  }

 private:
  std::string show_address(std::size_t address) const {
    switch (radix_) {
      case 'n':
        return {};
      case 'd':
        return fmt::format("{:07}", address);
      case 'x':
        return fmt::format("{:06x}", address);
      default:
        return fmt::format("{:07o}", address);
    }
  }

  std::string show_row(std::string_view row) const {
    std::string line;
    for (std::size_t i = 0; i < row.size(); i += unit_.size) {
      std::string bytes(row.substr(i, unit_.size));
      bytes.resize(unit_.size, '\0');
      line += show_unit(unit_, bytes);
    }
    return line;
  }

  Output& output_;
  char radix_ = 'o';
  UnitFormat unit_;
  std::size_t width_ = 16;
  bool all_ = false;
};

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string encode(std::string_view text, std::size_t width) {
  std::string all;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t bits = 0;
    const std::size_t size = std::min<std::size_t>(3, text.size() - i);
    for (std::size_t k = 0; k < 3; ++k) {
      bits = (bits << 8U) | (k < size ? static_cast<unsigned char>(text[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      all += k <= size ? kAlphabet[(bits >> (18 - 6 * k)) & 0x3FU] : '=';
    }
  }
  if (width == 0) return all;
  std::string lines;
  for (std::size_t i = 0; i < all.size(); i += width) lines += all.substr(i, width) + '\n';
  return lines;
}

/// What was decoded, and whether all of it could be.
struct Decoded {
  std::string bytes;
  bool whole = true;
};

Decoded decode(std::string_view text, bool ignore_garbage) {
  Decoded result;
  std::string letters;
  for (const char c : text) {
    if (c == '\n') continue;
    if (c != '=' && kAlphabet.find(c) == std::string_view::npos) {
      if (ignore_garbage) continue;
      result.whole = false;
      break;
    }
    letters += c;
  }
  for (std::size_t i = 0; i < letters.size(); i += 4) {
    const std::string_view four = std::string_view(letters).substr(i, 4);
    const std::size_t used = std::min(four.find('='), four.size());
    const bool padded = four.size() == 4 && used >= 2 &&
                        four.substr(used).find_first_not_of('=') == std::string_view::npos;
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      bits <<= 6U;
      if (k < used) bits |= static_cast<std::uint32_t>(kAlphabet.find(four[k]));
    }
    for (std::size_t k = 1; k < used; ++k) {
      result.bytes += static_cast<char>((bits >> (24 - 8 * k)) & 0xFFU);
    }
    if (!padded) {
      result.whole = false;
      break;
    }
  }
  return result;
}

}  // namespace

int wc(Process& process) {
  static constexpr LongOption kLong[] = {{"lines", Argument::none, "l"},
                                         {"words", Argument::none, "w"},
                                         {"bytes", Argument::none, "c"},
                                         {"chars", Argument::none, "m"},
                                         {"max-line-length", Argument::none, "L"}};
  const Options options = parse_options(process, "lwcmL", kLong);
  const CountShower shower(options);
  std::vector<std::string> files = options.operands;
  const bool named = !files.empty();
  if (!named) files.emplace_back("-");
  const bool pipe = is_pipe(process);
  std::vector<InputText> texts;
  Counts total;
  std::size_t least = 1;
  for (const std::string& file : files) {
    texts.push_back(read_operand(process, file));
    if (texts.back().error == std::errc::is_a_directory || (file == "-" && pipe)) least = 7;
    const Counts counts = count(texts.back().text);
    total.lines += counts.lines;
    total.words += counts.words;
    total.bytes += counts.bytes;
    total.longest = std::max(total.longest, counts.longest);
  }
  const bool alone = files.size() == 1 && shower.number() == 1;
  const std::size_t width = alone ? 1 : std::max(least, std::to_string(total.bytes).size());
  int status = 0;
  Output output(process);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const InputText& text = texts[i];
    if (!text) {
      status = fail(process, fmt::format("{}: {}", files[i], describe(text.error)));
      if (text.error != std::errc::is_a_directory) continue;
    }
    output.add(shower.show(count(text.text), width, named ? files[i] : ""));
  }
  if (files.size() > 1) output.add(shower.show(total, width, "total"));
  output.flush();
  return status;
}

int cksum(Process& process) {
  const Options options = parse_options(process, "");
  std::vector<std::string> files = options.operands;
  const bool named = !files.empty();
  if (!named) files.emplace_back("-");
  int status = 0;
  for (const std::string& file : files) {
    const InputText text = read_operand(process, file);
    if (!text) {
      status = fail(process, fmt::format("{}: {}", file, describe(text.error)));
      continue;
    }
    process.out(
        fmt::format("{} {}{}\n", posix_crc(text.text), text.text.size(), named ? " " + file : ""));
  }
  return status;
}

int od(Process& process) {
  static constexpr LongOption kLong[] = {
      {"address-radix", Argument::required, "A"}, {"format", Argument::required, "t"},
      {"read-bytes", Argument::required, "N"},    {"skip-bytes", Argument::required, "j"},
      {"output-duplicates", Argument::none, "v"}, {"width", Argument::optional, "w"}};
  const Options options = parse_options(process, "A:t:N:j:vw::cbxdo", kLong);
  Output output(process);
  Dump dump(options, output);
  std::string all;
  int status = 0;
  for (const std::string& file : options.operands) {
    const InputText text = read_operand(process, file);
    if (!text) status = fail(process, fmt::format("{}: {}", file, describe(text.error)));
    all += text.text;
  }
  if (options.operands.empty()) all = process.read_input();
  const std::size_t skipped = Dump::number_of(options, "j", 0);
  if (skipped > all.size()) return fail(process, "cannot skip past end of combined input");
  const std::string_view part =
      std::string_view(all).substr(skipped, Dump::number_of(options, "N", all.size()));
  dump.show(part, skipped);
  output.flush();
  return status;
}

int base64(Process& process) {
  static constexpr LongOption kLong[] = {{"decode", Argument::none, "d"},
                                         {"ignore-garbage", Argument::none, "i"},
                                         {"wrap", Argument::required, "w"}};
  const Options options = parse_options(process, "diw:", kLong);
  if (options.operands.size() > 1) {
    return fail(process, fmt::format("extra operand '{}'", options.operands[1]));
  }
  const std::string file = options.operands.empty() ? "-" : options.operands.front();
  const InputText text = read_operand(process, file);
  if (!text) return fail(process, fmt::format("{}: {}", file, describe(text.error)));
  if (!options.has("d")) {
    process.out(encode(text.text, Dump::number_of(options, "w", 76)));
    return 0;
  }
  const Decoded decoded = decode(text.text, options.has("i"));
  process.out(decoded.bytes);
  return decoded.whole ? 0 : fail(process, "invalid input");
}

}  // namespace stamp::scripts
