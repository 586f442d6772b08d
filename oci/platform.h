#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace stamp::oci {

/// What a machine must be to run an image. Always in normal form: "linux/arm64", not
/// "linux/arm64/v8" or "arm64"; "linux/arm/v7", not "linux/arm".
struct Platform {
  std::string os;
  std::string architecture;  ///< as Go names it: amd64, arm64, arm, 386, …
  std::string variant;       ///< empty where the normal form has none

  /// Parses "os/architecture[/variant]", or "architecture" alone for linux. Errors: invalid.
  static Platform parse(std::string_view text);
  /// The normal form of three texts as an index or a config holds them: "x86_64" is amd64,
  /// "aarch64" and arm64/v8 are arm64, arm without a variant is arm/v7. Errors: invalid.
  static Platform of(std::string_view os, std::string_view architecture, std::string_view variant);

  /// "os/architecture[/variant]"
  std::string str() const;

  friend auto operator<=>(const Platform&, const Platform&) = default;
};

}  // namespace stamp::oci
