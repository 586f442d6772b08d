#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "debian/deb822.h"

namespace stamp::debian {

/// A file of a package's control archive: "md5sums", "postinst", …
struct ControlMember {
  std::string name;  ///< a plain name
  std::string text;
  std::uint32_t mode = 0644;  ///< permission bits

  friend bool operator==(const ControlMember&, const ControlMember&) = default;
};

/// The control archive of a package.
struct ControlArchive {
  Stanza control;                      ///< the file "control"
  std::vector<ControlMember> members;  ///< all others, in byte order of name

  /// The member of that name; null when there is none.
  const ControlMember* find(std::string_view name) const;
};

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
  ~DebFile();
  DebFile(const DebFile&) = delete;
  DebFile& operator=(const DebFile&) = delete;

  const ControlArchive& control() const;
  /// The data archive, decompressed: a tar stream. Its end comes only when the whole .deb was read
  /// and was as it must be. Read it to its end, once.
  Source& data();

 private:
  class Implementation;
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
