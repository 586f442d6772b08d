set(folder_sources)
set(folder_headers tool.h)

list(APPEND folder_sources options.cpp)
list(APPEND folder_headers options.h)

list(APPEND folder_sources files_common.cpp files_mode_change.cpp)
