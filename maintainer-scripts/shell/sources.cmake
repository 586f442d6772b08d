set(folder_sources lexer.cpp parser.cpp tilde.cpp word_reader.cpp)
set(folder_headers ast.h interpreter.h lexer.h parser.h tilde.h word_reader.h)
