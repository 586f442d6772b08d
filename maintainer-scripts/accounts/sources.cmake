set(folder_sources accounts.cpp records.cpp system_ids.cpp tree_copy.cpp)
set(folder_headers accounts.h records.h system_ids.h tree_copy.h)
