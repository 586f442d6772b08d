# The parser, then what evaluates.
set(folder_sources
  braces.cpp escapes.cpp lexer.cpp parser.cpp parser_bash.cpp tilde.cpp word_reader.cpp
  word_reader_bash.cpp)
set(folder_headers
  ast.h braces.h dialect.h escapes.h interpreter.h lexer.h parser.h parser_class.h tilde.h
  word_reader.h word_reader_class.h)
list(APPEND folder_sources
  arithmetic.cpp builtins.cpp builtins_bash.cpp builtins_control.cpp builtins_other.cpp
  builtins_variables.cpp command_runner.cpp condition.cpp execute.cpp expansion.cpp
  expansion_bash.cpp fields.cpp interpreter.cpp parameters.cpp parsed_scripts.cpp pathnames.cpp pattern.cpp
  printing.cpp redirection.cpp shell.cpp simple_command.cpp test_expression.cpp variables.cpp)
list(APPEND folder_headers
  arithmetic.h builtins.h command_runner.h condition.h expansion.h expansion_bash.h fields.h
  parameters.h parsed_scripts.h pathnames.h pattern.h printing.h redirection.h shell.h test_expression.h variables.h)
