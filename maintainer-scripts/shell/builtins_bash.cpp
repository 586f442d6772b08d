// Builtins that bash has alone, or does otherwise than dash.

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/shell/builtins.h"
#include "maintainer-scripts/shell/lexer.h"
#include "maintainer-scripts/shell/parameters.h"
#include "maintainer-scripts/shell/printing.h"

namespace stamp::scripts::shell {
namespace {

Printing printing(Shell& shell) {
  return {.out = [&shell](std::string_view text) { shell.write(1, text); },
          .warn = [&shell](std::string_view message) { shell.warn(message); },
          .fail = [&shell](std::string_view message) { shell.fail(message); },
          .budget = shell.budget(),
          .dialect = Dialect::bash};
}

int run_echo(Shell& shell, Arguments& arguments, Checked) {
  print_echo_of_bash(std::span(arguments).subspan(1), printing(shell));
  return 0;
}

/// printf, with -v NAME: what it prints becomes the variable's value.
int run_printf(Shell& shell, Arguments& arguments, Checked) {
  BuiltinOptions options(shell, arguments, "v:");
  std::string variable;
  while (options.next() != '\0') variable = options.argument();
  const auto words = std::span<const std::string>(arguments).subspan(options.operands());
  if (words.empty()) shell.fail("usage: printf [-v var] format [arguments]", 2);
  if (variable.empty()) return print_format(words, printing(shell));
  if (!is_name(variable)) throw Unknown(fmt::format("'printf -v {}' is not known", variable));
  std::string text;
  Printing to = printing(shell);
  to.out = [&text](std::string_view part) { text += part; };
  const int status = print_format(words, to);
  shell.assign(variable, std::move(text));
  return status;
}

/// What a declaration does to its names.
struct Declaration {
  bool local = false;
  bool readonly = false;
  bool exported = false;
  bool not_exported = false;
};

/// One NAME, NAME=value or NAME+=value. Returns the status.
int declare(Shell& shell, const std::string& word, const Declaration& declaration) {
  Variables& variables = shell.variables();
  const std::size_t equals = word.find('=');
  std::string name = word.substr(0, equals);
  const bool appends = equals != std::string::npos && name.ends_with('+');
  if (appends) name.pop_back();
  if (!is_name(name)) throw Unknown(fmt::format("a declaration of '{}'", printable(name, 80)));
  const bool changes = equals != std::string::npos || declaration.local;
  // what is readonly in a function that called this one may be declared anew
  const bool shadows =
      declaration.local && !variables.is_kept(name) && variables.is_kept_outside(name);
  if (changes && !shadows && variables.is_readonly(name)) {
    shell.warn(fmt::format("{}: readonly variable", name));
    return 1;
  }
  if (declaration.local) variables.make_local(name);
  if (equals != std::string::npos) {
    std::string value = word.substr(equals + 1);
    if (appends) value.insert(0, variables.value(name));
    shell.assign(name, std::move(value));
  }
  if (declaration.readonly) variables.set_readonly(name);
  if (declaration.exported) variables.set_exported(name);
  if (declaration.not_exported) variables.clear_exported(name);
  return 0;
}

int declare_all(Shell& shell, const Arguments& arguments, std::size_t first,
                const Declaration& declaration) {
  if (first >= arguments.size()) throw Unknown("a list of variables of bash");
  int status = 0;
  for (std::size_t i = first; i < arguments.size(); ++i) {
    if (declaration.local && arguments[0] == "local" && arguments[i] == "-") {
      shell.keep_options();
    } else if (declare(shell, arguments[i], declaration) != 0) {
      status = 1;
    }
  }
  return status;
}

/// local, declare and typeset: in a function they declare for it.
int run_declare(Shell& shell, Arguments& arguments, Checked) {
  Declaration declaration{.local = shell.in_function()};
  if (arguments[0] == "local" && !declaration.local) {
    shell.warn("can only be used in a function");
    return 1;
  }
  BuiltinOptions options(shell, arguments, "rxg");
  for (char letter = options.next(); letter != '\0'; letter = options.next()) {
    if (letter == 'g') {
      if (arguments[0] == "local") throw Unknown("'local -g' is not known");
      // it is another variable than the one that a function sees
      if (declaration.local && shell.variables().has_kept()) throw Unknown("'declare -g'");
      declaration.local = false;
    }
    declaration.readonly = declaration.readonly || letter == 'r';
    declaration.exported = declaration.exported || letter == 'x';
  }
  return declare_all(shell, arguments, options.operands(), declaration);
}

int run_export(Shell& shell, Arguments& arguments, Checked) {
  Declaration declaration{.readonly = arguments[0] == "readonly",
                          .exported = arguments[0] == "export"};
  BuiltinOptions options(shell, arguments, declaration.exported ? "n" : "");
  while (options.next() != '\0') {
    declaration.exported = false;
    declaration.not_exported = true;
  }
  return declare_all(shell, arguments, options.operands(), declaration);
}

int run_source(Shell& shell, Arguments& arguments, Checked checked) {
  return find_builtin(".", Dialect::bash)->run(shell, arguments, checked);
}

/// let: the last of its expressions decides.
int run_let(Shell& shell, Arguments& arguments, Checked) {
  if (arguments.size() < 2) throw Unknown("'let' without an expression");
  bool is_true = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    is_true = evaluate(shell, arguments[i]) != 0;
  }
  return is_true ? 0 : 1;
}

/// -t says what a name is, in one word.
int run_type(Shell& shell, Arguments& arguments, Checked checked) {
  if (arguments.size() > 1 && arguments[1].starts_with('-')) {
    throw Unknown(fmt::format("'type {}' is not known", arguments[1]));
  }
  for (const Builtin& builtin : other_builtins()) {
    if (builtin.name == "type") return builtin.run(shell, arguments, checked);
  }
  return 1;
}

int run_unknown(Shell&, Arguments& arguments, Checked) {
  throw Unknown(fmt::format("the builtin '{}' of bash is not known", arguments[0]));
}

constexpr std::array<Builtin, 29> kBuiltins{{
    {"bind", run_unknown},
    {"builtin", run_unknown},
    {"caller", run_unknown},
    {"compgen", run_unknown},
    {"complete", run_unknown},
    {"compopt", run_unknown},
    {"declare", run_declare, Builtin::Kind::declaration},
    {"dirs", run_unknown},
    {"disown", run_unknown},
    {"echo", run_echo},
    {"enable", run_unknown},
    {"export", run_export, Builtin::Kind::declaration},
    {"fc", run_unknown},
    {"help", run_unknown},
    {"history", run_unknown},
    {"let", run_let},
    {"local", run_declare, Builtin::Kind::declaration},
    {"logout", run_unknown},
    {"mapfile", run_unknown},
    {"popd", run_unknown},
    {"printf", run_printf},
    {"pushd", run_unknown},
    {"readarray", run_unknown},
    {"readonly", run_export, Builtin::Kind::declaration},
    {"shopt", run_unknown},
    {"source", run_source},
    {"suspend", run_unknown},
    {"type", run_type},
    {"typeset", run_declare, Builtin::Kind::declaration},
}};

}  // namespace

std::span<const Builtin> bash_builtins() {
  return kBuiltins;
}

}  // namespace stamp::scripts::shell
