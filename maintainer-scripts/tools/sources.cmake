set(folder_sources)
set(folder_headers tool.h)

list(APPEND folder_sources options.cpp)
list(APPEND folder_headers options.h)

list(APPEND folder_sources files_common.cpp files_mode_change.cpp)

list(APPEND folder_sources debian_alternative_command.cpp debian_alternative_links.cpp
     debian_alternatives.cpp debian_common.cpp debian_diversions.cpp debian_divert.cpp
     debian_dpkg.cpp debian_fields.cpp debian_helper.cpp debian_query.cpp debian_statoverride.cpp
     debian_statoverrides.cpp debian_table.cpp debian_trigger.cpp debian_ucf.cpp
     debian_ucf_files.cpp debian_update_alternatives.cpp)
list(APPEND folder_headers debian_alternative_command.h debian_alternative_links.h
     debian_alternatives.h debian_common.h debian_diversions.h debian_fields.h
     debian_statoverrides.h debian_tools.h debian_ucf_files.h)
include(${CMAKE_CURRENT_LIST_DIR}/text_sources.cmake)
list(APPEND folder_sources
  account_adduser.cpp account_deluser.cpp account_passwords.cpp account_query.cpp account_shadow.cpp
  account_systemd.cpp account_sysusers.cpp account_table.cpp account_tmpfiles.cpp service_tools.cpp)
list(APPEND folder_headers account_days.h account_systemd.h account_tools.h)
list(APPEND folder_sources files_attributes.cpp files_copier.cpp files_copy.cpp files_install.cpp files_link.cpp files_remove.cpp files_table.cpp files_time.cpp)

list(APPEND folder_sources shell_tools.cpp table.cpp)
list(APPEND folder_sources derived_catalogs.cpp derived_ldconfig.cpp derived_modules.cpp derived_openssl.cpp derived_pam.cpp derived_table.cpp)
list(APPEND folder_headers derived_tools.h)
list(APPEND folder_sources
  files_attributes.cpp files_capabilities.cpp files_compare.cpp files_copier.cpp files_copy.cpp
  files_digest.cpp files_find.cpp files_find_expression.cpp files_find_format.cpp files_install.cpp files_link.cpp
  files_names.cpp files_remove.cpp files_run_parts.cpp files_show.cpp files_stat.cpp
  files_table.cpp files_time.cpp)
