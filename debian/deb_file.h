#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/stream.h"
#include "debian/control_archive.h"
#include "debian/deb822.h"

namespace stamp::layer {
class DecoderContext;
}  // namespace stamp::layer

namespace stamp::debian {

/// Reads a .deb while it streams by: first its control archive, then its data.
///
/// Strict: the members debian-binary ("2.0"), control.tar[.gz|.xz|.zst], data.tar[.gz|.xz|.zst|
/// .bz2], in this order, each once; members whose names begin with "_" are passed over, any other
/// is refused; nothing may follow. Spec: deb(5).
class DebFile final {
 public:
  /// Reads up to the data. `what` names the package in messages; `source` must outlive this.
  /// Errors: corrupt; those of the source.
  DebFile(Source& source, std::string what);
  /// The same with the memory of decoders that the caller keeps from one package to the next.
  DebFile(Source& source, std::string what, layer::DecoderContext& decoders);
  ~DebFile();
  DebFile(const DebFile&) = delete;
  DebFile& operator=(const DebFile&) = delete;

  const ControlArchive& control() const;
  /// The data archive, decompressed: a tar stream. Its end comes only when the whole .deb was read
  /// and was as it must be. Read it to its end, once.
  Source& data();

 private:
  class Implementation;
  std::unique_ptr<layer::DecoderContext> own_decoders_;
  std::unique_ptr<Implementation> implementation_;
};

/// What a package must be.
struct PackageIdentity {
  std::string name;
  std::string version;
  std::string architecture;
};

/// Refuses a package that is another one than the index or the lock says. Errors: corrupt, naming
/// both.
void check_identity(const Stanza& control, const PackageIdentity& expected);

}  // namespace stamp::debian
