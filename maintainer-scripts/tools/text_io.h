#pragma once
// What the text tools share: reading files of the tree, cutting lines, collecting output.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/process.h"
#include "maintainer-scripts/tree/open_file.h"

namespace stamp::scripts {

/// What reading a file gave.
struct InputText {
  std::errc error = {};
  std::string text;  ///< empty on error

  explicit operator bool() const { return error == std::errc(); }
};

/// A file by a name of a command line, as read_file() reads it; "-" is standard input. Errors:
/// those of read_file().
InputText read_operand(Process& process, std::string_view operand);

enum class WriteMode { replace, append };
/// Writes a file as open_file() opens it. Errors: those of open_file().
std::errc write_file(Process& process, std::string_view path, std::string_view text,
                     WriteMode mode = WriteMode::replace);

/// Prints "NAME: MESSAGE" to standard error and returns `status`.
int fail(Process& process, std::string_view message, int status = 1);

/// A tool's standard output, collected in memory: nothing is written before flush(), which a tool
/// calls at its end and before it runs another command. Charged to the budget.
class Output {
 public:
  explicit Output(Process& process) : process_(process) {}
  void add(std::string_view text);
  void add(char c) { add(std::string_view(&c, 1)); }
  void flush();

 private:
  Process& process_;
  std::string text_;
};

/// Cuts a text at a delimiter; a last line need not have one.
class LineReader {
 public:
  explicit LineReader(std::string_view text, char delimiter = '\n')
      : rest_(text), delimiter_(delimiter) {}
  /// The next line without its delimiter; none at the end.
  std::optional<std::string_view> next();
  /// Whether the line that next() gave last had a delimiter.
  bool was_ended() const { return ended_; }
  bool at_end() const { return rest_.empty(); }
  /// What next() has not given yet.
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  char delimiter_;
  bool ended_ = false;
};

/// All lines of a text, without delimiters.
std::vector<std::string_view> lines_of(std::string_view text, char delimiter = '\n');

/// A decimal number that is the whole text; none when it is not one or is past 2^63.
std::optional<std::uint64_t> parse_number(std::string_view text);
/// A number with a multiplier of coreutils: b, K, KB, KiB, M, …; none when it is not one.
std::optional<std::uint64_t> parse_count(std::string_view text);

bool is_digit(char c);
bool is_blank(char c);   ///< space or tab
bool is_space(char c);   ///< also \n \v \f \r
bool is_letter(char c);  ///< of ASCII
char to_lower(char c);
char to_upper(char c);
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

}  // namespace stamp::scripts
