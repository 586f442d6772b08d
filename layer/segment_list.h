#pragma once
// What is known of a segment without reading it again: its entries, the directories that they need,
// and what their contents say about what they need to run.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "layer/entry.h"

namespace stamp::layer {

/// What an ELF file says about how it is run.
struct ElfFacts {
  std::uint16_t machine = 0;        ///< e_machine: 62 x86-64, 183 AArch64, 3 i386, 40 ARM
  std::uint8_t bits = 0;            ///< 32 or 64
  std::string soname;               ///< DT_SONAME
  std::vector<std::string> needed;  ///< DT_NEEDED, in order
  std::string runpath;              ///< DT_RUNPATH, else DT_RPATH
  std::string interpreter;          ///< PT_INTERP
  /// Whether soname, needed and runpath are all there is. False when their table lies deeper in the
  /// file than is looked at while it streams by, or is malformed: who needs them reads the file.
  bool complete = false;

  friend bool operator==(const ElfFacts&, const ElfFacts&) = default;
};

/// An entry of a segment and what was found while its content streamed by.
struct ListedEntry {
  Entry entry;
  std::optional<Digest> content;  ///< digest of a file's content, where it was asked for
  std::optional<ElfFacts> elf;
  std::string script;  ///< the `#!` line without "#!", trimmed; empty when there is none

  friend bool operator==(const ListedEntry&, const ListedEntry&) = default;
};

/// Who said what mode and owner a directory has.
enum class DirectoryOrigin {
  implied,   ///< nobody: it is the parent of something
  declared,  ///< an entry of the segment's input
};

/// A directory that a segment needs; segments themselves hold no directories.
struct NeededDirectory {
  Entry entry;  ///< when it is implied, 0755 root:root and time 0
  DirectoryOrigin origin = DirectoryOrigin::implied;

  friend bool operator==(const NeededDirectory&, const NeededDirectory&) = default;
};

/// The list of a segment.
struct SegmentList {
  std::vector<ListedEntry> entries;          ///< in the order of the segment
  std::vector<NeededDirectory> directories;  ///< by path, each once, with all their parents but
                                             ///< the root, which is there only when declared

  /// The canonical bytes. Grammar: docs/formats/segment-list.md.
  std::string serialize() const;
  /// Reads what serialize() wrote, and nothing else: parse(x).serialize() == x.
  /// Errors: corrupt ("cannot read segment list: …").
  static SegmentList parse(std::string_view bytes);

  friend bool operator==(const SegmentList&, const SegmentList&) = default;
};

}  // namespace stamp::layer
