// perl and python3: what scripts ask of them that needs no program to be evaluated.
#include <algorithm>
#include <string_view>

#include <fmt/core.h>

#include "maintainer-scripts/tools/debian_tools.h"

namespace stamp::scripts {
namespace {

/// Python's options before the program that take no argument and change nothing of what is run.
bool is_plain_option(std::string_view word) {
  return word.size() > 1 && word[0] == '-' &&
         word.find_first_not_of("bBdEiIOPqsSuvx", 1) == std::string_view::npos;
}

bool compiles(std::string_view module) {
  return module == "py_compile" || module == "compileall";
}

/// Whether a program of Python's library only makes byte code.
bool makes_byte_code(const std::vector<std::string>& args) {
  auto word = std::find_if_not(args.begin() + 1, args.end(), is_plain_option);
  if (word == args.end()) return false;
  if (*word == "-m") return ++word != args.end() && compiles(*word);
  const std::string_view path = *word;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return path.starts_with("/usr/lib/python") && name.ends_with(".py") &&
         compiles(name.substr(0, name.size() - 3));
}

}  // namespace

int perl(Process& process) {
  // What scripts ask of perl on a fresh install is whether it is there.
  const auto& args = process.args;
  const bool asks = args.size() == 3 && args[1] == "-e" && (args[2].empty() || args[2] == "1");
  if (!asks) throw Unknown("programs in perl are not evaluated");
  return 0;
}

int python(Process& process) {
  if (!makes_byte_code(process.args)) throw Unknown("programs in Python are not evaluated");
  return 0;
}

}  // namespace stamp::scripts
