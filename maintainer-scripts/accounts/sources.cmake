set(folder_sources)
set(folder_headers system_ids.h)
