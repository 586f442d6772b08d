#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "base/digest.h"

namespace stamp::pin {

/// A file that is to have another text.
struct FileChange {
  std::filesystem::path path;    ///< its last component is no link
  std::string name;              ///< as the user would name it
  std::optional<Digest> before;  ///< of the text that it must still have; nothing: a new file
  std::string text;              ///< what it is to hold
};

/// Gives all files their new texts, or leaves all as they were.
///
/// First each new text is written beside its file and synced, with the file's mode and owner; only
/// when all are there, and no file has changed since it was read, are they renamed, in their order,
/// and renames that were done are undone when one fails. After a crash between two renames each
/// file is whole, and doing the same again finishes. Files of mode read-only, and those with other
/// names (hard links), are not written. Errors: io; differs (a file that somebody else has changed
/// or made).
void change_files(std::span<const FileChange> changes);

}  // namespace stamp::pin
