#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/stream.h"
#include "debian/deb822.h"

namespace stamp::debian {

/// Whether and how a package takes part in Multi-Arch.
enum class MultiArch { no, same, foreign, allowed };

/// What an index says of a package.
struct PackageRecord {
  std::string name;
  std::string version;
  std::string architecture;
  std::string filename;  ///< below the archive's root; checked
  std::uint64_t size = 0;
  Digest digest;
  MultiArch multi_arch = MultiArch::no;
  bool essential = false;

  friend bool operator==(const PackageRecord&, const PackageRecord&) = default;
};

/// The record of a stanza. Errors: invalid (a field missing or malformed; a Filename that is
/// absolute or has "..").
PackageRecord package_record(const Stanza& stanza);

/// Parses a "Multi-Arch" field; "" is `no`. Errors: invalid.
MultiArch parse_multi_arch(std::string_view text);

/// Reads the records of a Packages index.
class PackagesReader final {
 public:
  /// `what` names the index in messages; `source` must outlive this.
  PackagesReader(Source& source, std::string what) : stanzas_(source, std::move(what)) {}
  /// The next record, or nothing at the end. Errors: invalid.
  std::optional<PackageRecord> next();

 private:
  StanzaReader stanzas_;
};

}  // namespace stamp::debian
