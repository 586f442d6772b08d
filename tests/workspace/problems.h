#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace stamp::workspace {

/// Problems as the terminal shows them.
inline std::string shown(const std::vector<Diagnostic>& problems) {
  std::string out;
  for (const Diagnostic& problem : problems) {
    if (!out.empty()) out += '\n';
    out += render(problem);
  }
  return out;
}

/// The messages alone, with their places: "4:7 message".
inline std::string messages(const std::vector<Diagnostic>& problems) {
  std::string out;
  for (const Diagnostic& problem : problems) {
    out += std::to_string(problem.line) + ":" + std::to_string(problem.column) + " " +
           problem.message + "\n";
  }
  return out;
}

}  // namespace stamp::workspace
