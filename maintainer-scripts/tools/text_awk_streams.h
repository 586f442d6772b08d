#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "maintainer-scripts/tools/regex.h"
#include "maintainer-scripts/tools/text_io.h"

namespace stamp::scripts::awk_program {

/// Records of a text, cut as RS says when each is read.
class Records {
 public:
  explicit Records(std::string text) : text_(std::move(text)) {}
  /// `separator` is RS; `pattern` is it as a pattern where it is longer than a byte, else null.
  std::optional<std::string> next(std::string_view separator, const Regex* pattern);

 private:
  std::optional<std::string> next_paragraph();

  std::string text_;
  std::size_t at_ = 0;
};

/// Files and commands that a program reads from and writes to.
class Streams {
 public:
  explicit Streams(Process& process) : process_(process), output_(process) {}

  Output& standard_output() { return output_; }
  /// Writes to what `operation` ('>', 'a', '|') and `name` say. Errors: Unknown: cannot be opened.
  void write(char operation, const std::string& name, std::string_view text);
  /// What `operation` ('<', '|') and `name` say; null when the file is not there.
  Records* source(char operation, const std::string& name);
  /// awk's close(): a status, -1 when nothing of that name is open.
  int close(const std::string& name);
  /// awk's system().
  int system(const std::string& command);
  /// Hands everything over, files only.
  void flush();
  /// Ends everything.
  void close_all();

 private:
  struct Written {
    char operation = '>';
    std::string text;
    bool started = false;
  };
  void flush_file(const std::string& name, Written& file);
  int run(const std::string& command, std::shared_ptr<OpenFile> input,
          std::shared_ptr<OpenFile> output);

  Process& process_;
  Output output_;
  std::map<std::string, Written> written_;
  std::map<std::string, std::unique_ptr<Records>> sources_;
};

}  // namespace stamp::scripts::awk_program
