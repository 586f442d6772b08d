#include "maintainer-scripts/dpkg/debconf_tools.h"

#include "maintainer-scripts/dpkg/debconf.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/debian_common.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts {

int debconf_communicate(Process& process) {
  const Options options = parse_options(process, "");
  Debconf& debconf = process.machine.debconf;
  debconf.start(options.operands.empty() ? std::string_view() : options.operands.front());
  int status = 127;
  for (const std::string& line : lines_of(process.read_input())) {
    const std::string answer = debconf.command(line, [&process](const std::string& path) {
      return file_text(process.machine.tree, path);
    });
    process.out(answer + "\n");
    status = 0;
    for (const char c : answer.substr(0, answer.find(' '))) status = status * 10 + (c - '0');
  }
  debconf.finish();
  return status;
}

int debconf_escape(Process& process) {
  constexpr LongOption kLong[] = {{"escape", Argument::none, "e"},
                                  {"unescape", Argument::none, "u"}};
  const Options options = parse_options(process, "eu", kLong);
  if (options.has("e") == options.has("u")) {
    process.err(
        "Usage: debconf-unescape -e|-u < input-text\n"
        "  -e, --escape      escape text\n"
        "  -u, --unescape    unescape text\n"
        "\n"
        "Exactly one of -e or -u must be used.\n");
    return 1;
  }
  const std::string text = process.read_input();
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (options.has("e")) {
      if (text[i] == '\\') result += '\\';
      result += text[i] == '\n' ? std::string("\\n") : std::string(1, text[i]);
    } else if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      result += text[i] == 'n' ? '\n' : text[i];
    } else {
      result += text[i];
    }
  }
  process.out(result);
  return 0;
}

}  // namespace stamp::scripts
