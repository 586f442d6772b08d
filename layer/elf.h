#pragma once
// What is read of an ELF file: enough to know what it needs to run. Spec: System V ABI, chapters 4
// and 5 ("ELF Header", "Program Header", "Dynamic Section").

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/stream.h"
#include "layer/deep_texts.h"
#include "layer/segment_list.h"

namespace stamp::layer::elf {

/// Size of the larger of the two ELF headers.
inline constexpr std::size_t kHeaderSize = 64;

/// A run of bytes of the file.
struct Range {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// A part of the file that is loaded into memory.
struct Load {
  std::uint64_t address = 0;
  Range range;
};

/// What the header says.
struct Header {
  std::uint16_t type = 0;
  std::uint16_t machine = 0;
  bool is_64 = false;
  bool is_big_endian = false;
  Range programs;  ///< the program headers
  std::uint16_t program_size = 0;
};

/// What the program headers say.
struct Layout {
  std::vector<Load> loads;
  std::optional<Range> dynamic;
  std::optional<Range> interpreter;
};

/// Reads the header; nothing when `file` (its first kHeaderSize bytes, or all) is no program or
/// shared library.
std::optional<Header> read_header(Bytes file);

/// Reads the program headers, which `file` (the file's first bytes) must hold; nothing when they
/// are malformed.
std::optional<Layout> read_layout(const Header& header, Bytes file);

/// What is at hand of a file.
struct Parts {
  Bytes front;                      ///< its first bytes, or all
  Bytes dynamic;                    ///< its dynamic section, empty when that was not found
  Bytes interpreter;                ///< the interpreter's path, empty when that was not found
  const DeepTexts* deep = nullptr;  ///< texts that lie behind the front
};

/// Puts together what is known.
ElfFacts read_facts(const Header& header, const Layout& layout, const Parts& file);

}  // namespace stamp::layer::elf
