#include "maintainer-scripts/tools/text_sed.h"

#include <fmt/core.h>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {
namespace {

constexpr LongOption kSedOptions[] = {
    {"quiet", Argument::none, "n"},           {"silent", Argument::none, "n"},
    {"expression", Argument::required, "e"},  {"file", Argument::required, "f"},
    {"in-place", Argument::optional, "i"},    {"regexp-extended", Argument::none, "E"},
    {"separate", Argument::none, "s"},        {"null-data", Argument::none, "z"},
    {"line-length", Argument::required, "l"}, {"unbuffered", Argument::none, "u"},
    {"binary", Argument::none, "b"},          {"follow-symlinks", Argument::none}};

}  // namespace

int sed(Process& process) {
  const Options options = parse_options(process, "ne:f:i::Erszl:ub", kSedOptions);
  std::vector<std::string> files = options.operands;
  std::string script;
  bool given = false;
  sed_script::Settings settings;
  for (const Option& option : options.given) {
    if (option.name == "e") {
      script += (given ? "\n" : "") + *option.value;
      given = true;
    } else if (option.name == "f") {
      InputText text = read_operand(process, *option.value);
      if (!text) {
        return fail(process,
                    fmt::format("couldn't open file {}: {}", *option.value, describe(text.error)));
      }
      if (text.text.ends_with('\n')) text.text.pop_back();
      script += (given ? "\n" : "") + text.text;
      given = true;
    } else if (option.name == "i") {
      settings.in_place = option.value.value_or("");
    } else if (option.name == "l") {
      const auto number = parse_number(*option.value);
      if (!number) throw Unknown(fmt::format("line length '{}' is not known", *option.value));
      settings.line_length = *number;
    }
  }
  if (!given) {
    if (files.empty()) {
      process.err("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n");
      return 1;
    }
    script = files.front();
    files.erase(files.begin());
  }
  settings.quiet = options.has("n");
  settings.separate = options.has("s") || settings.in_place.has_value();
  settings.follow_links = options.has("follow-symlinks");
  if (options.has("z")) settings.delimiter = '\0';
  const bool extended = options.has("E") || options.has("r");
  const sed_script::Dialect dialect{
      .syntax = extended ? Regex::Syntax::extended : Regex::Syntax::basic,
      .delimiter = settings.delimiter};
  const sed_script::Program program = sed_script::parse(process.machine.budget, script, dialect);
  if (files.empty()) {
    if (settings.in_place) return fail(process, "no input files");
    files.emplace_back("-");
  }
  return sed_script::run(process, program, settings, files);
}

}  // namespace stamp::scripts
