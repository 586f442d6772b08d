#pragma once

#include <filesystem>
#include <functional>

#include "base/stream.h"

namespace stamp::build {

/// Writes a file that appears whole or not at all; into something that is no file (a pipe,
/// /dev/null) as it comes. Errors: io; those of `write`.
void write_output_file(const std::filesystem::path& path,
                       const std::function<void(Sink& sink)>& write);

}  // namespace stamp::build
