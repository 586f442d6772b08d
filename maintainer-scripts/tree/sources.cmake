set(folder_sources)
set(folder_headers changes.h open_file.h tree.h)
