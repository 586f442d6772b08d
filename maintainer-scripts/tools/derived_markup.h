#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stamp::scripts::derived {

/// An element of a file in XML.
struct Element {
  std::string name;
  std::map<std::string, std::string, std::less<>> attributes;
  std::string text;  ///< all of it that lies in no element below
  std::vector<Element> children;

  /// An attribute; null when it is not given.
  const std::string* attribute(std::string_view wanted) const;
};

/// Reads what GLib's GMarkup takes for XML: elements, attributes, text, references to characters;
/// what has a namespace is skipped. Gives the outermost element. Errors: Unknown: anything else.
Element parse_markup(std::string_view text);

}  // namespace stamp::scripts::derived
