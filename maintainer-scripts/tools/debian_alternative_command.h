#pragma once

#include <optional>
#include <string>

#include "maintainer-scripts/process.h"
#include "maintainer-scripts/tools/debian_alternative_links.h"
#include "maintainer-scripts/tools/debian_alternatives.h"

namespace stamp::scripts {

/// The command line of update-alternatives.
struct AlternativeCommand {
  std::string action;      ///< "install"
  AlternativeGroup group;  ///< of --install: what it adds; else the name alone
  Choice choice;           ///< of --install
  std::string path;        ///< of --set and --remove
  AlternativeOptions options;
};

/// Takes the command line apart. None after a message: the status is 2. Errors: Unknown.
std::optional<AlternativeCommand> read_alternative_command(Process& process);

/// Why what --install wants cannot be; "" when it can.
std::string alternative_flaw(const AlternativeCommand& command, const Tree& tree);

}  // namespace stamp::scripts
