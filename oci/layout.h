#pragma once
// An OCI image layout: a folder with `oci-layout`, `index.json` and `blobs/sha256/<hex>`.
// Spec: OCI image-spec 1.1 image-layout.md.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/stream.h"
#include "oci/descriptor.h"
#include "oci/index.h"
#include "oci/unnamed_blob.h"

namespace stamp::oci {

/// A run of bytes of an open file, which its owner keeps open.
struct FilePiece {
  int fd = -1;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// Gives one piece after the other, nothing after the last. A piece is not used any more when the
/// next one is asked for, so that its file can be closed then.
using NextPiece = std::function<std::optional<FilePiece>()>;

/// Fills an empty file, open for writing; `path` names it in messages.
using FillFile = std::function<void(const Fd& file, const std::string& path)>;

/// Whether something was written.
enum class Change { none, made };

/// Adds blobs and tags to a layout, which is made if it is not there. Nothing is ever removed, and
/// what is there already is not written again. Every file appears whole or not at all, and a tag
/// only after all that put() wrote is on the disk.
class LayoutWriter final {
 public:
  /// Touches nothing yet but checks what is there. Errors: io; invalid (a folder that holds
  /// something else than a layout).
  explicit LayoutWriter(std::filesystem::path folder);

  /// Whether a blob of this size is there. Its bytes are not read.
  bool contains(const Digest& digest, std::uint64_t size) const;

  /// Writes a blob unless it is there; then `bytes` is not read. Errors: io; corrupt (the bytes
  /// are not those announced).
  void put(const Digest& digest, std::uint64_t size, Source& bytes);
  /// The same for a text.
  void put(const Digest& digest, std::string_view text);
  /// The same from pieces of files, one after the other, shared or copied by the kernel where the
  /// file system can. The caller knows that their bytes have this digest: they are not hashed.
  void put(const Digest& digest, std::uint64_t size, const NextPiece& next);
  /// The same from whatever `fill` writes into the blob's own file. It knows that the bytes have
  /// this digest: they are not hashed.
  void put(const Digest& digest, const FillFile& fill);
  /// The same of bytes that are there already, on the same file system; whoever wrote them knows
  /// that they have this digest. Returns false where they cannot be taken as they are: put() them
  /// in another way then. Errors: io.
  bool put(const Digest& digest, UnnamedBlob& blob);
  /// Makes the layout if it is not there, so that several threads may put() from then on.
  void prepare();

  /// Points `tag` (may be empty: the image's entry has no name) to `image`, whose blobs were put
  /// before. Other entries stay, and so does their order; writes nothing when nothing changes.
  /// Safe beside other writers of the same layout.
  Change tag(std::string_view tag, Descriptor image);

 private:
  class NewBlob;
  std::filesystem::path blob_path(const Digest& digest) const;
  void make_folders_once();

  std::filesystem::path folder_;
  bool made_ = false;
};

/// Reads a layout. What it gives is verified against the descriptor it was asked for.
class LayoutReader final {
 public:
  /// Errors: io; invalid (no layout, or an index that does not parse).
  explicit LayoutReader(std::filesystem::path folder);

  const Index& index() const { return index_; }
  /// The entry with this tag; with an empty `tag` the only entry. Errors: invalid, with the tags
  /// that there are.
  const Descriptor& find(std::string_view tag) const;

  /// Whether a blob of this size is there. Its bytes are not read.
  bool contains(const Digest& digest, std::uint64_t size) const;
  /// A blob's bytes; the last one is given only after size and digest matched. Links are not
  /// followed. Errors: io; corrupt.
  std::unique_ptr<Source> open(const Descriptor& blob) const;
  /// The text of a manifest, an index or a config. Errors: as open(); corrupt, when the descriptor
  /// announces more than 4 MiB.
  std::string read(const Descriptor& document) const;

 private:
  std::filesystem::path folder_;
  Index index_;
};

}  // namespace stamp::oci
