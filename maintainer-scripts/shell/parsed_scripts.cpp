#include "maintainer-scripts/shell/parsed_scripts.h"

#include "maintainer-scripts/shell/parser.h"

namespace stamp::scripts::shell {
namespace {

/// More is not kept, so that scripts that write scripts do not fill the memory.
constexpr std::size_t kKeptBytes = 512U << 10U;

}  // namespace

std::shared_ptr<const Program> ParsedScripts::parse(const std::string& text,
                                                    const std::string& name, Dialect dialect) {
  const std::tuple key(dialect, name, text);
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  auto program = std::make_shared<const Program>(parse_shell(text, name, dialect));
  if (bytes_ + text.size() <= kKeptBytes) {
    bytes_ += text.size();
    known_.emplace(key, program);
  }
  return program;
}

ParsedScripts& parsed_scripts(Machine& machine) {
  if (machine.parsed_scripts == nullptr) {
    machine.parsed_scripts = std::make_shared<ParsedScripts>();
  }
  return *machine.parsed_scripts;
}

}  // namespace stamp::scripts::shell
