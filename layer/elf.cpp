#include "layer/elf.h"

#include <algorithm>
#include <string_view>

#include "layer/utf8.h"

namespace stamp::layer::elf {
namespace {

constexpr std::uint32_t kLoad = 1;
constexpr std::uint32_t kDynamic = 2;
constexpr std::uint32_t kInterpreter = 3;
constexpr std::uint64_t kMaxText = 4096;

/// Reads numbers of the file's byte order and word size. A view of the bytes.
class FieldsView {
 public:
  FieldsView(const Header& header, Bytes bytes) : header_(header), bytes_(bytes) {}
  bool holds(std::uint64_t offset, std::uint64_t size) const {
    return offset <= bytes_.size() && size <= bytes_.size() - offset;
  }
  std::uint64_t number(std::uint64_t offset, std::size_t size) const {
    if (!holds(offset, size)) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t at = header_.is_big_endian ? i : size - 1 - i;
      value = value << 8U | std::to_integer<std::uint64_t>(bytes_[offset + at]);
    }
    return value;
  }
  std::uint64_t word(std::uint64_t offset) const { return number(offset, header_.is_64 ? 8 : 4); }
  /// The text that ends with NUL; nothing when it does not end here, or is no text.
  std::optional<std::string> text(std::uint64_t offset) const {
    if (offset >= bytes_.size()) return std::nullopt;
    const std::string_view rest = as_text(bytes_.subspan(static_cast<std::size_t>(offset)));
    const std::size_t end = rest.substr(0, kMaxText).find('\0');
    if (end == std::string_view::npos || !is_utf8(rest.substr(0, end))) return std::nullopt;
    return std::string(rest.substr(0, end));
  }

 private:
  const Header& header_;
  Bytes bytes_;
};

/// Where the dynamic section's texts lie, and which of them matter: offsets in their table.
struct DynamicTexts {
  std::optional<std::uint64_t> table;  ///< address in memory
  std::vector<std::uint64_t> needed;
  std::optional<std::uint64_t> soname;
  std::optional<std::uint64_t> runpath;
  std::optional<std::uint64_t> rpath;
};

DynamicTexts read_dynamic(const Header& header, Bytes dynamic) {
  DynamicTexts texts;
  const FieldsView fields(header, dynamic);
  const std::uint64_t word = header.is_64 ? 8 : 4;
  for (std::uint64_t at = 0; fields.holds(at, 2 * word); at += 2 * word) {
    const std::uint64_t tag = fields.word(at);
    const std::uint64_t value = fields.word(at + word);
    if (tag == 0) break;
    if (tag == 1) texts.needed.push_back(value);
    if (tag == 5) texts.table = value;
    if (tag == 14) texts.soname = value;
    if (tag == 15) texts.rpath = value;
    if (tag == 29) texts.runpath = value;
  }
  return texts;
}

std::optional<std::uint64_t> file_offset(const Layout& layout, std::uint64_t address) {
  for (const Load& load : layout.loads) {
    if (address >= load.address && address - load.address < load.range.size) {
      return load.range.offset + (address - load.address);
    }
  }
  return std::nullopt;
}

/// The texts of a file. A view of its parts.
class TextsView {
 public:
  TextsView(const Header& header, const Parts& file) : front_(header, file.front), file_(file) {}
  std::optional<std::string> text(std::uint64_t offset) const {
    std::optional<std::string> found = front_.text(offset);
    if (!found && file_.deep != nullptr) found = file_.deep->at(offset);
    return found;
  }

 private:
  FieldsView front_;
  const Parts& file_;
};

/// Fills in what the dynamic section says; false when a text is not at hand.
bool read_links(const DynamicTexts& texts, const TextsView& file, std::uint64_t table,
                ElfFacts& facts) {
  bool complete = true;
  const auto text = [&](std::uint64_t offset) {
    const std::optional<std::string> found =
        offset <= ~table ? file.text(table + offset) : std::nullopt;
    complete = complete && found;
    return found.value_or("");
  };
  if (texts.soname) facts.soname = text(*texts.soname);
  const std::optional<std::uint64_t> runpath = texts.runpath ? texts.runpath : texts.rpath;
  if (runpath) facts.runpath = text(*runpath);
  for (const std::uint64_t offset : texts.needed) {
    std::string name = text(offset);
    if (!name.empty()) facts.needed.push_back(std::move(name));
  }
  return complete;
}

}  // namespace

std::optional<Header> read_header(Bytes file) {
  if (!as_text(file).starts_with("\x7f"
                                 "ELF") ||
      file.size() < 16) {
    return std::nullopt;
  }
  const auto word_size = std::to_integer<unsigned>(file[4]);
  const auto byte_order = std::to_integer<unsigned>(file[5]);
  Header header;
  header.is_64 = word_size == 2;
  header.is_big_endian = byte_order == 2;
  const FieldsView fields(header, file);
  if (word_size < 1 || word_size > 2 || byte_order < 1 || byte_order > 2 ||
      !fields.holds(0, header.is_64 ? 64 : 52)) {
    return std::nullopt;
  }
  header.type = static_cast<std::uint16_t>(fields.number(16, 2));
  header.machine = static_cast<std::uint16_t>(fields.number(18, 2));
  header.programs.offset = fields.word(header.is_64 ? 32 : 28);
  header.program_size = static_cast<std::uint16_t>(fields.number(header.is_64 ? 54 : 42, 2));
  header.programs.size = header.program_size * fields.number(header.is_64 ? 56 : 44, 2);
  constexpr std::uint16_t kProgram = 2;
  constexpr std::uint16_t kShared = 3;
  if (header.type != kProgram && header.type != kShared) return std::nullopt;
  return header;
}

std::optional<Layout> read_layout(const Header& header, Bytes file) {
  const FieldsView fields(header, file);
  const std::uint16_t least = header.is_64 ? 56 : 32;
  if (header.program_size < least || !fields.holds(header.programs.offset, header.programs.size)) {
    return std::nullopt;
  }
  Layout layout;
  const std::uint64_t end = header.programs.offset + header.programs.size;
  for (std::uint64_t at = header.programs.offset; at < end; at += header.program_size) {
    const std::uint64_t type = fields.number(at, 4);
    const Range range{.offset = fields.word(at + (header.is_64 ? 8 : 4)),
                      .size = fields.word(at + (header.is_64 ? 32 : 16))};
    const std::uint64_t address = fields.word(at + (header.is_64 ? 16 : 8));
    if (range.size > ~range.offset) return std::nullopt;
    if (type == kLoad) layout.loads.push_back({.address = address, .range = range});
    if (type == kDynamic) layout.dynamic = range;
    if (type == kInterpreter) layout.interpreter = range;
  }
  return layout;
}

ElfFacts read_facts(const Header& header, const Layout& layout, const Parts& file) {
  ElfFacts facts;
  facts.machine = header.machine;
  facts.bits = header.is_64 ? 64 : 32;
  const TextsView view(header, file);
  facts.complete = true;
  if (layout.interpreter) {
    std::optional<std::string> text = FieldsView(header, file.interpreter).text(0);
    if (!text) text = view.text(layout.interpreter->offset);
    facts.interpreter = text.value_or("");
    facts.complete = text.has_value();
  }
  if (!layout.dynamic) return facts;
  const DynamicTexts texts = read_dynamic(header, file.dynamic);
  const std::optional<std::uint64_t> table =
      texts.table ? file_offset(layout, *texts.table) : std::nullopt;
  facts.complete = table && read_links(texts, view, *table, facts) && facts.complete;
  return facts;
}

}  // namespace stamp::layer::elf
