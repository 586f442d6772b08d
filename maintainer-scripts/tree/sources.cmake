set(folder_sources changes.cpp open_file.cpp tree.cpp tree_operations.cpp)
set(folder_headers changes.h open_file.h tree.h)
