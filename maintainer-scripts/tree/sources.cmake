set(folder_sources)
set(folder_headers changes.h tree.h)
