#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/stream.h"
#include "layer/deep_texts.h"
#include "layer/elf.h"
#include "layer/segment_list.h"

namespace stamp::layer {

/// Finds what a file says about how it is run while its content streams by: it keeps a bounded part
/// of its front and, of an ELF file, the dynamic section
/// and texts that may be its. To be used for many files in turn.
class ContentScanner {
 public:
  /// Starts with a new file.
  void begin();
  /// Sees the next piece of the content.
  void feed(Bytes content);
  /// What the ELF file says, once all was seen.
  std::optional<ElfFacts> elf_facts() const;
  /// The `#!` line, once all was seen; empty when there is none.
  std::string script() const;

 private:
  enum class Kind { unknown, other, script, elf };

  void extend_front(Bytes content);
  void decide();
  void plan_elf();
  void find_deep_texts(Bytes content);
  void capture(Bytes bytes, std::uint64_t offset);

  Kind kind_ = Kind::unknown;
  std::uint64_t position_ = 0;    // of the next piece in the file
  std::vector<std::byte> front_;  // the file's first bytes
  std::size_t wanted_ = 0;        // how much of it is kept for now
  std::optional<elf::Header> header_;
  std::optional<elf::Layout> layout_;
  std::vector<std::byte> dynamic_;      // of the file's dynamic section, as it comes
  std::vector<std::byte> interpreter_;  // the same of the path of its interpreter
  std::uint64_t deep_end_ = 0;          // where no more texts are looked for
  DeepTexts deep_;
};

}  // namespace stamp::layer
