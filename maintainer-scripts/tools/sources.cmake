set(folder_sources)
set(folder_headers tool.h)
