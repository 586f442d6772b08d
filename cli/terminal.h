#pragma once

#include <string>
#include <string_view>

namespace stamp::cli {

/// Whether what somebody types is shown.
enum class Echo { on, off };

/// Asks the person at this process's terminal, whatever its standard input is, for a line.
/// Errors: unavailable (there is no terminal); interrupted; io.
std::string ask(std::string_view prompt, Echo echo);

}  // namespace stamp::cli
