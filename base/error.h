#pragma once
// The one error type. An `Error` keeps apart what a message needs (what failed, on which input,
// during which operations, what to do), and `render()` is the one place that lays it out.

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stamp {

/// What sort of failure it is. `cli/main.cpp` holds the one table from kinds to exit codes.
enum class ErrorKind {
  usage,        ///< the command line is wrong
  invalid,      ///< text of the user's that does not parse: recipe, settings, lock
  stale,        ///< a lock that does not match its recipe, and resolving was not allowed
  differs,      ///< a check found a difference
  io,           ///< a file or the system refused
  network,      ///< a server did not answer, or not as it should
  unavailable,  ///< something needed is missing here: network, helper program, kernel feature
  denied,       ///< a server or the system refuses this user
  corrupt,      ///< bytes from outside that are not what they must be: digest, format, signature
  interrupted,  ///< Ctrl-C or a termination signal
  internal,     ///< a programming error of stamp's own
};

/// The parts of a message beside its headline. Empty parts are not shown.
struct ErrorDetails {
  std::string input;  ///< the file, URL or package that it failed on
  std::string hint;   ///< what the user can do, in the imperative
  std::vector<std::string>
      during;  ///< enclosing operations, innermost first ("pushing layer 2 of 5")
};

/// A failure, thrown. The headline has the shape "cannot <verb> '<object>': <cause>".
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string headline, ErrorDetails details = {});

  ErrorKind kind() const { return kind_; }
  const std::string& headline() const { return headline_; }
  const ErrorDetails& details() const { return details_; }
  const char* what() const noexcept override { return headline_.c_str(); }

  /// The same error with `doing` as one more enclosing operation.
  Error within(std::string doing) const;
  /// The same error as another kind.
  Error as(ErrorKind kind) const;
  /// The same error with a hint, unless it has one.
  Error with_hint(std::string hint) const;

 private:
  ErrorKind kind_;
  std::string headline_;
  ErrorDetails details_;
};

/// The message as the terminal shows it: several lines, the last one ended. Control characters of
/// foreign text are escaped, and each line is limited to 2,000 bytes.
///
///     stamp: error: cannot fetch 'x': 404 Not Found
///       in:  https://…
///       while fetching package x
///       try: stamp lock --update=x
std::string render(const Error& error);

/// Foreign text made fit for a terminal: control characters and what is not UTF-8 as \xNN, cut
/// after about `limit` bytes.
std::string printable(std::string_view text, std::size_t limit = 2000);

/// An io error for a failed system call: "cannot <verb> '<path>': <strerror(error_number)>".
Error system_error(std::string_view verb, std::string_view path, int error_number);

/// strerror() that is safe in threads: "No such file or directory" in lower case.
std::string describe_errno(int error_number);

/// Runs `body`; an Error that leaves it gains `doing` as an enclosing operation.
template <typename Body>
decltype(auto) during(std::string_view doing, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    throw error.within(std::string(doing));
  }
}

/// Like during(), and an `invalid` error becomes `kind`: who is to blame for text that does not
/// parse is known where the text came from.
template <typename Body>
decltype(auto) during(std::string_view doing, ErrorKind kind, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    Error outer = error.within(std::string(doing));
    throw error.kind() == ErrorKind::invalid ? outer.as(kind) : outer;
  }
}

/// Runs `body`; an Error of `kind` that leaves it without a hint gains `hint`.
template <typename Body>
decltype(auto) hinting(ErrorKind kind, std::string_view hint, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    if (error.kind() != kind) throw;
    throw error.with_hint(std::string(hint));
  }
}

}  // namespace stamp
