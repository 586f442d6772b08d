# The parser, then what evaluates.
set(folder_sources lexer.cpp parser.cpp tilde.cpp word_reader.cpp)
set(folder_headers ast.h interpreter.h lexer.h parser.h tilde.h word_reader.h)
list(APPEND folder_sources
  arithmetic.cpp builtins.cpp builtins_control.cpp builtins_other.cpp builtins_variables.cpp
  command_runner.cpp execute.cpp expansion.cpp fields.cpp interpreter.cpp parameters.cpp
  pathnames.cpp pattern.cpp printing.cpp redirection.cpp shell.cpp simple_command.cpp
  test_expression.cpp variables.cpp)
list(APPEND folder_headers
  arithmetic.h builtins.h command_runner.h expansion.h fields.h parameters.h pathnames.h pattern.h
  printing.h redirection.h shell.h test_expression.h variables.h)
