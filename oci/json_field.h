#pragma once
// Reading JSON strictly, with the path of each value at hand for messages.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"

namespace stamp::oci {

/// A value of a JSON document and where it stands. Refers to the document, which must outlive it.
class JsonFieldView {
 public:
  /// The document itself; `what` names it in messages ("manifest").
  JsonFieldView(const Json& document, std::string_view what) : value_(document), what_(what) {}

  /// A member of this object, or nothing when it is absent or null. Errors: invalid (no object).
  std::optional<JsonFieldView> optional(std::string_view name) const;
  /// A member that must be there. Errors: invalid.
  JsonFieldView required(std::string_view name) const;
  /// Whether the member is there and not null.
  bool has(std::string_view name) const { return optional(name).has_value(); }

  /// The value as text. Errors: invalid, like all below.
  const std::string& text() const;
  /// The member as text, or "" when it is absent.
  std::string text_or_empty(std::string_view name) const;
  /// The value as a number of bytes: 0 .. 2^63-1.
  std::uint64_t size() const;
  bool boolean() const;
  Digest digest() const;
  std::vector<JsonFieldView> items() const;
  std::vector<std::string> texts() const;
  std::map<std::string, std::string> text_map() const;
  /// The names of an object's members.
  std::vector<std::string> names() const;

  const Json& json() const { return value_; }
  /// An invalid error about this value: "cannot read the manifest: layers[2].size: <cause>".
  Error wrong(std::string_view cause) const;

 private:
  JsonFieldView(const Json& value, std::string_view what, std::string path)
      : value_(value), what_(what), path_(std::move(path)) {}
  const Json& object() const;

  const Json& value_;
  std::string_view what_;
  std::string path_;  ///< "layers[2].size"; empty for the document
};

/// Parses a document of at most 4 MiB ("manifest") and hands it to `read`.
/// Errors: invalid; those of `read`.
template <typename Read>
auto read_document(std::string_view text, std::string_view what, Read&& read) {
  constexpr std::size_t kLimit = 4U << 20U;
  if (text.size() > kLimit) {
    throw Error(ErrorKind::invalid, "cannot read the " + std::string(what) + ": it has " +
                                        std::to_string(text.size()) + " bytes, more than " +
                                        std::to_string(kLimit));
  }
  const Json document =
      during("reading the " + std::string(what), [&] { return parse_json(text); });
  return read(JsonFieldView(document, what));
}

}  // namespace stamp::oci
