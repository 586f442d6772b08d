#pragma once
// What sed's editor is made of: its input, its outputs, what it puts in place of matches.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_sed.h"

namespace stamp::scripts::sed_script {

/// Somewhere that lines go. A last line without newline gets it when more follows.
struct Target {
  std::string text;
  bool lacks_newline = false;
};

/// All files as one stream of lines, or one file at a time.
class Input {
 public:
  struct Line {
    std::string_view text;
    bool ended = true;
  };

  Input(Process& process, const std::vector<std::string>& files, const Settings& settings)
      : process_(process), files_(files), settings_(settings) {}

  /// The next line of the current file or, where files are one stream, of the next one.
  std::optional<Line> next();
  /// Whether no line follows.
  bool is_last();
  /// Goes to the next file that is there; false at the end.
  bool open_next();
  void close() { open_ = false; }
  const std::string& name() const { return name_; }
  std::uint64_t number() const { return number_; }
  int status() const { return status_; }

 private:
  Process& process_;
  const std::vector<std::string>& files_;
  const Settings& settings_;
  std::size_t next_ = 0;
  std::string name_ = "-";
  std::string text_;
  LineReader reader_{""};
  bool open_ = false;
  std::uint64_t number_ = 0;
  int status_ = 0;
};

/// Puts pieces of a replacement together, letters as \U, \L, \u and \l want them.
class Replacement {
 public:
  explicit Replacement(std::string& text) : text_(text) {}

  void add(const Piece& piece, std::string_view line, const RegexMatch& match);

 private:
  void append(std::string_view text);

  std::string& text_;
  Piece::Kind mode_ = Piece::Kind::plain;
  Piece::Kind once_ = Piece::Kind::plain;
  bool fresh_ = false;  ///< once_ comes from the piece just before
};

/// A line as `l` shows it, without the end.
std::string unambiguous(std::string_view text, std::uint64_t width);

}  // namespace stamp::scripts::sed_script
