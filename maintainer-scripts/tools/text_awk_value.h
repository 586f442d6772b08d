#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stamp::scripts::awk_program {

/// A value of awk: a number, a text, or a text of the input that looks like a number and then
/// compares as one.
struct Value {
  enum class Kind { none, number, text, input };
  Kind kind = Kind::none;
  double number = 0;
  std::string text;

  static Value of(double number) { return {Kind::number, number, {}}; }
  static Value of(std::string text) { return {Kind::text, 0, std::move(text)}; }
  static Value of_input(std::string text);

  bool is_numeric() const { return kind != Kind::text; }
  bool is_true() const;
  double to_number() const;
  /// As text, a number that is no integer by `format` ("%.6g").
  std::string to_text(std::string_view format) const;
};

/// < 0, 0, > 0: numbers where both are, else texts.
int compare(const Value& a, const Value& b, std::string_view format);

/// An array: its elements by key. for (… in …) takes them in the keys' order,
/// where mawk's own is that of its hash.
using Array = std::map<std::string, Value>;

/// A variable: what it holds follows from how it is used.
struct Cell {
  Value value;
  std::shared_ptr<Array> array;  ///< shared by a function's parameter and the variable given for it
};

/// A number as awk prints it.
std::string show_number(double number, std::string_view format);

/// printf's work. Errors: Unknown: too few values; a conversion that is not known.
std::string format_values(std::string_view format, const std::vector<Value>& values,
                          std::string_view number_format);

}  // namespace stamp::scripts::awk_program
