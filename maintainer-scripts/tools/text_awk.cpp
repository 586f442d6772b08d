#include "maintainer-scripts/tools/text_awk.h"

#include <fmt/core.h>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/text_awk_run.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {

int awk(Process& process) {
  const Options options = parse_options(process, "+F:v:f:");
  std::vector<std::string> operands = options.operands;
  std::string text;
  for (const Option& option : options.given) {
    if (option.name != "f") continue;
    const InputText file = read_operand(process, *option.value);
    if (!file) {
      return fail(process,
                  fmt::format("couldn't open file {}: {}", *option.value, describe(file.error)), 2);
    }
    text += file.text + '\n';
  }
  if (!options.has("f")) {
    if (operands.empty()) return fail(process, "no program given", 2);
    text = operands.front();
    operands.erase(operands.begin());
  }
  const awk_program::Program program = awk_program::parse(process.machine.budget, text);
  awk_program::Interpreter interpreter(process, program);
  for (const Option& option : options.given) {
    if (option.name == "F") interpreter.set_separator(*option.value);
    if (option.name == "v" && !interpreter.assign_operand(*option.value)) {
      throw Unknown(fmt::format("assignment '{}' of awk", *option.value));
    }
  }
  return interpreter.run(operands);
}

}  // namespace stamp::scripts
