#pragma once

#include <string>
#include <string_view>

#include "maintainer-scripts/process.h"
#include "maintainer-scripts/shell/dialect.h"

namespace stamp::scripts {

/// A shell script.
struct Script {
  std::string name;  ///< for messages: "libc6.postinst", "/usr/sbin/update-ca-certificates"
  std::string text;
  Dialect dialect = Dialect::dash;
};

/// Runs a script as dash or bash would: `process.args` are $0 and the positional parameters, its
/// environment the exported variables, its files the descriptors. Returns the exit status. Spec:
/// POSIX.1-2017 Shell Command Language, with what dash adds (local, test's -a and -o), and for bash
/// what its scripts have most often.
///
/// Errors: invalid: a syntax error; something unknown (see Unknown), with script, line, column, the
/// line itself and the command as expanded; a limit passed.
int run_script(const Script& script, Process& process);
/// The same with options of `set`, by letter ("e"), as from `#!/bin/sh -e`.
int run_script(const Script& script, Process& process, std::string_view options);

}  // namespace stamp::scripts
