// stamp: the command line program. Parses the command, runs it, and turns what it throws into a
// message and an exit code.

#include <exception>
#include <new>
#include <string>
#include <variant>
#include <vector>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <stdio.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "cli/commands.h"

namespace {

using stamp::ErrorKind;

/// The one table from kinds of errors to exit codes; the man page has it too.
int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
    case ErrorKind::invalid:
    case ErrorKind::stale:
      return 2;
    case ErrorKind::differs:
      return 3;
    case ErrorKind::unavailable:
      return 4;
    case ErrorKind::interrupted:
      return 130;
    default:
      return 1;
  }
}

/// Shows a message. When standard error is closed there is nobody to tell.
void complain(const std::string& text) {
  static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
}

/// What libcurl brings with it for protocols that nobody speaks here need not be made ready: half a
/// MiB and half a millisecond. Called before there are threads.
void spare_libraries() {
  constexpr int kUnlessSet = 0;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): see above
  static_cast<void>(::setenv("GNUTLS_NO_IMPLICIT_INIT", "1", kUnlessSet));
}

void run(std::vector<std::string> words) {
  namespace cli = stamp::cli;
  const cli::Invocation invocation = cli::parse_arguments(std::move(words));
  if (const auto* help = std::get_if<cli::HelpCommand>(&invocation.command)) return run(*help);
  if (const auto* version = std::get_if<cli::VersionCommand>(&invocation.command))
    return run(*version);
  cli::Context context(invocation.global);
  std::visit(
      [&](const auto& command) {
        if constexpr (requires { run(command, context); }) run(command, context);
      },
      invocation.command);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    // Writing to a pipe that was closed is an error like others, not the end of the process.
    static_cast<void>(::signal(SIGPIPE, SIG_IGN));
    stamp::watch_for_interruption();
    spare_libraries();
    run(std::vector<std::string>(argv + 1, argv + argc));
    return 0;
  } catch (const stamp::Error& error) {
    complain(stamp::render(error));
    return exit_code(error.kind());
  } catch (const std::bad_alloc&) {
    complain("stamp: error: out of memory\n");
    return 1;
  } catch (const std::exception& error) {
    complain(stamp::render(stamp::Error(ErrorKind::internal, error.what(),
                                        {.hint = "report this as a bug of stamp"})));
    return 1;
  }
}
