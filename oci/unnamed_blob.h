#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/fd.h"
#include "base/stream.h"

namespace stamp::oci {

class DirectFile;

/// A blob on its way into a layout before its digest is known. Its file has no name: nobody sees it
/// until LayoutWriter::put() names it, and it is gone with this object, however the process ends.
class UnnamedBlob final : public Sink {
 public:
  /// In the layout's folder, or where that is not there yet in the nearest one above it. Null where
  /// the file system has no files without a name, or none may be made.
  static std::unique_ptr<UnnamedBlob> make(const std::filesystem::path& layout);
  ~UnnamedBlob() override;
  /// Errors: io.
  void write(Bytes in) override;
  /// Writes what is left and frees what writing needs, so that many blobs can wait. Errors: io.
  void finish() override;
  /// Finishes, if need be, and syncs the bytes and names them `target`. Returns false where that
  /// cannot be, for whatever reason: whoever writes the bytes there in the plain way learns why.
  /// Call it once. Errors: io.
  bool publish(const std::filesystem::path& target);

 private:
  UnnamedBlob(Fd file, std::string path);

  Fd file_;
  std::string path_;                 ///< of the folder, for messages
  std::unique_ptr<DirectFile> out_;  ///< none when it is finished
};

}  // namespace stamp::oci
