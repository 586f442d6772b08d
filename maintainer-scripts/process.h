#pragma once
// What a command of a maintainer script is given: its words, environment, open files and the
// machine that it runs on. Commands are functions from this to an exit status.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace stamp::scripts {

struct Machine;

/// What a file descriptor stands for. Reading and writing share the position, as in a system.
class OpenFile {
 public:
  OpenFile() = default;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  virtual ~OpenFile() = default;
  /// At most `limit` bytes from the position on; "" at the end.
  virtual std::string read(std::size_t limit) = 0;
  /// Errors: invalid, past a limit.
  virtual void write(std::string_view bytes) = 0;
};

/// Bytes in memory: a pipe's, a here-document's, captured output.
class Buffer final : public OpenFile {
 public:
  Buffer() = default;
  explicit Buffer(std::string text) : text_(std::move(text)) {}
  std::string read(std::size_t limit) override;
  void write(std::string_view bytes) override;
  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::size_t position_ = 0;
};

/// /dev/null.
class Nothing final : public OpenFile {
 public:
  std::string read(std::size_t) override { return {}; }
  void write(std::string_view) override {}
};

/// Open files by descriptor.
using Descriptors = std::map<int, std::shared_ptr<OpenFile>>;
/// Exported variables.
using Environment = std::map<std::string, std::string, std::less<>>;

/// A command that is run.
struct Process {
  Machine& machine;
  std::vector<std::string> args;  ///< the first is the name that it was called by
  Environment environment = {};
  std::string directory = "/";  ///< the working directory, absolute
  std::uint32_t umask = 022;
  Descriptors files = {};
  /// What a message that no such command is there begins with: the shell's name and line.
  std::string caller = "sh: 1";

  /// `path` as an absolute one: the working directory before it unless it has a leading slash; ""
  /// stays "", which is nowhere.
  std::string absolute(std::string_view path) const;
  /// All of standard input.
  std::string read_input();
  /// Writes to standard output; nothing when it is closed.
  void out(std::string_view text);
  /// Writes to standard error.
  void err(std::string_view text);
  /// The last component of args[0].
  std::string_view name() const;
  /// An exported variable's value; "" when there is none.
  std::string_view variable(std::string_view name) const;
};

/// Thrown by a command for what it does not know how to do: an option, a form, a file that is not
/// there to be known. It stops the build; the interpreter adds package, script, line and the
/// command as expanded. `what` ends "cannot evaluate 'chmod --reference=a b': ": "option
/// '--reference' is not known".
class Unknown final : public Error {
 public:
  explicit Unknown(std::string what) : Error(ErrorKind::invalid, std::move(what)) {}
};

/// Steps and bytes that an evaluation may still take. Passing one throws: invalid.
class Budget {
 public:
  struct Limits {
    std::uint64_t steps = 20'000'000;                  ///< commands, loop rounds, expansions
    std::uint64_t output = std::uint64_t{64} << 20U;   ///< bytes written to any file or pipe
    std::uint64_t memory = std::uint64_t{256} << 20U;  ///< bytes of one expansion or variable
    std::uint32_t depth = 400;                         ///< nesting of commands and functions
  };
  Budget() = default;
  explicit Budget(const Limits& limits) : limits_(limits) {}
  void take_steps(std::uint64_t count = 1);
  void take_output(std::uint64_t bytes);
  void check_size(std::uint64_t bytes) const;
  const Limits& limits() const { return limits_; }

  /// Counts a level of nesting while it lives.
  class Level {
   public:
    explicit Level(Budget& budget);
    ~Level() { --budget_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Budget& budget_;
  };

 private:
  Limits limits_;
  std::uint64_t steps_ = 0;
  std::uint64_t output_ = 0;
  std::uint32_t depth_ = 0;
};

}  // namespace stamp::scripts
