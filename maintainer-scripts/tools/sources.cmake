set(folder_sources)
set(folder_headers tool.h)

list(APPEND folder_sources options.cpp)
list(APPEND folder_headers options.h)

list(APPEND folder_sources files_common.cpp files_mode_change.cpp)

list(APPEND folder_sources debian_alternative_links.cpp debian_alternatives.cpp debian_common.cpp
     debian_diversions.cpp debian_divert.cpp debian_dpkg.cpp debian_fields.cpp debian_helper.cpp
     debian_query.cpp debian_statoverride.cpp debian_statoverrides.cpp debian_table.cpp
     debian_trigger.cpp debian_ucf.cpp debian_update_alternatives.cpp)
list(APPEND folder_headers debian_alternative_links.h debian_alternatives.h debian_common.h
     debian_diversions.h debian_fields.h debian_statoverrides.h debian_tools.h)
