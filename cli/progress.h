#pragma once

#include <memory>
#include <string>

#include "builder/progress.h"

namespace stamp::cli {

/// How progress is shown on standard error.
enum class ProgressMode {
  automatic,  ///< `tty` when standard error is a terminal that can move its cursor, else `plain`
  tty,    ///< one line that is rewritten, and only when the work takes longer than half a second
  plain,  ///< a line per phase, and one every five seconds
  json,   ///< one JSON object per line
  quiet,  ///< warnings only
};

/// Whether each step that ran gets a line of its own.
enum class Verbosity { normal, verbose };

/// The words of `--progress`, in the order of help.
ProgressMode parse_progress_mode(const std::string& word);

/// Makes the display. `automatic` looks at standard error and at `terminal` (the value of TERM).
std::unique_ptr<build::Progress> make_progress(ProgressMode mode, const std::string& terminal,
                                               Verbosity verbosity);

}  // namespace stamp::cli
