set(folder_sources)
set(folder_headers ast.h interpreter.h parser.h)
