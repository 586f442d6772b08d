#pragma once
// sed: its script as a program. text_sed_parser.cpp reads it, text_sed_run.cpp runs it.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/process.h"
#include "maintainer-scripts/tools/regex.h"

namespace stamp::scripts::sed_script {

/// A pattern of a program; an empty one is the one that was used last.
struct PatternRef {
  std::optional<std::size_t> index;  ///< in Program::patterns
};

struct Address {
  enum class Kind { line, step, last, pattern, plus, multiple };
  Kind kind = Kind::line;
  std::uint64_t number = 0;  ///< the line; first of a step; count of plus and multiple
  std::uint64_t step = 0;
  PatternRef pattern;
};

/// A piece of what s puts in place of a match.
struct Piece {
  enum class Kind { text, group, upper, lower, upper_once, lower_once, plain };
  Kind kind = Kind::text;
  std::string text;
  std::size_t group = 0;
};

struct Substitution {
  PatternRef pattern;
  std::vector<Piece> pieces;
  bool global = false;
  bool print = false;
  std::uint64_t number = 1;  ///< the match from which on it replaces
  std::string file;          ///< of the flag w; "" without
};

/// Where a range of lines stands.
struct RangeState {
  bool active = false;
  std::uint64_t end = 0;  ///< last line, where that is known
};

struct Command {
  std::optional<Address> first;
  std::optional<Address> second;
  bool negated = false;
  char name = 0;
  std::string text;                     ///< of a, i and c; a file of r, R, w, W; a label
  std::size_t target = 0;               ///< where b, t, T, and a { that does not match, go on
  std::optional<std::uint64_t> number;  ///< of q, Q and l
  std::optional<Substitution> substitution;
  std::array<char, 256> translation{};  ///< of y
};

struct Program {
  std::vector<Command> commands;
  std::vector<Regex> patterns;
  bool quiet = false;  ///< begins with "#n"
};

/// What a script's patterns are.
struct Dialect {
  Regex::Syntax syntax = Regex::Syntax::basic;
  char delimiter = '\n';  ///< of lines
};

/// Reads a script. Errors: Unknown: what GNU sed would not take, or what runs commands.
Program parse(Budget& budget, std::string_view script, const Dialect& dialect);

/// How the program is run.
struct Settings {
  bool quiet = false;
  bool separate = false;                ///< -s and -i: every file on its own
  std::optional<std::string> in_place;  ///< -i's suffix
  bool follow_links = false;
  char delimiter = '\n';
  std::uint64_t line_length = 70;  ///< of l
};

/// Runs a program over files ("-": standard input) and returns the exit status.
int run(Process& process, const Program& program, const Settings& settings,
        const std::vector<std::string>& files);

}  // namespace stamp::scripts::sed_script
