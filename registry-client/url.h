#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace stamp::registry {

/// A URL taken apart. Only http, https and file, without user information and fragment.
struct Url {
  std::string scheme;  ///< "http", "https" or "file"
  std::string host;    ///< lower case; IPv6 in brackets; empty for file
  int port = 0;        ///< the scheme's own when the URL has none; 0 for file
  std::string path;    ///< from the slash on, as written; "/" when the URL has none
  std::string query;   ///< without the question mark

  /// Errors: invalid (another scheme, credentials, no host, white space or control characters).
  static Url parse(std::string_view text);
  /// The URL, without a port that is the scheme's own.
  std::string str() const;
  /// The URL fit for messages: a query becomes "?REDACTED".
  std::string redacted() const;
  /// Scheme, host and port are those of `other`.
  bool same_origin(const Url& other) const;
  /// What `reference` (a Location field) means relative to this. Errors: invalid.
  /// Spec: RFC 3986 section 5.2.
  Url join(std::string_view reference) const;
};

/// A URL fit for messages: user information, query and fragment replaced, whatever the text is.
std::string redacted_url(std::string_view text);

}  // namespace stamp::registry
