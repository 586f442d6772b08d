#pragma once
// GVariant: typed values in a fixed layout. Spec: GVariant Format Strings and Text Format of GLib
// 2.74, and the GVariant Specification (0.1) for the bytes.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stamp::scripts::derived {

/// A value.
struct Variant {
  std::string type;                     ///< "as"
  std::string bytes;                    ///< serialised, little endian
  std::vector<std::string> strings;     ///< all strings in it, in order
  std::optional<long double> number{};  ///< of a number
};

/// Reads a value in text form, of that type. Errors: Unknown: no such value, or a type that is not
/// inferred here.
Variant parse_variant(const std::string& type, std::string_view text);
Variant string_variant(std::string text);
Variant byte_variant(char byte);
/// A value with its type: of type v.
Variant boxed_variant(const Variant& value);
/// A tuple; of type {…} when `is_entry`.
Variant tuple_variant(const std::vector<Variant>& items);
/// An entry of a dictionary.
Variant entry_variant(const Variant& key, const Variant& value);
/// An array; `element` is the type of its elements.
Variant array_variant(const std::string& element, const std::vector<Variant>& items);

}  // namespace stamp::scripts::derived
