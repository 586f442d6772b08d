set(folder_sources
  account_adduser.cpp account_deluser.cpp account_passwords.cpp account_query.cpp
  account_shadow.cpp account_systemd.cpp account_sysusers.cpp account_table.cpp
  account_tmpfiles.cpp debian_alternative_command.cpp debian_alternative_links.cpp
  debian_alternatives.cpp debian_common.cpp debian_diversions.cpp debian_divert.cpp debian_emacsen.cpp
  debian_dpkg.cpp debian_fields.cpp debian_helper.cpp debian_interpreters.cpp debian_query.cpp debian_sax_parsers.cpp
  debian_statoverride.cpp debian_statoverrides.cpp debian_table.cpp debian_trigger.cpp
  debian_ucf.cpp debian_ucf_files.cpp debian_update_alternatives.cpp debian_update_locale.cpp
  derived_catalogs.cpp derived_font_folders.cpp
  derived_immodules.cpp
  derived_ldconfig.cpp derived_modules.cpp derived_openssl.cpp derived_pam.cpp derived_schemas.cpp
  derived_catalogs.cpp
  derived_gvariant.cpp derived_gvdb.cpp derived_ldconfig.cpp derived_markup.cpp derived_modules.cpp derived_openssl.cpp derived_pam.cpp derived_schemas.cpp
  derived_table.cpp files_attributes.cpp files_capabilities.cpp files_common.cpp files_compare.cpp
  files_copier.cpp files_copy.cpp files_digest.cpp files_find.cpp files_find_expression.cpp
  files_find_format.cpp files_find_number.cpp files_install.cpp files_link.cpp files_mode_change.cpp files_names.cpp files_packed.cpp
  files_remove.cpp files_run_parts.cpp files_show.cpp files_stat.cpp files_table.cpp
  files_time.cpp options.cpp regex.cpp service_tools.cpp shell_tools.cpp table.cpp text_awk.cpp
  text_awk_builtins.cpp text_awk_evaluate.cpp text_awk_expressions.cpp text_awk_lexer.cpp
  text_awk_parser.cpp text_awk_run.cpp text_awk_streams.cpp text_awk_value.cpp
  text_awk_variables.cpp text_columns.cpp text_count.cpp text_date.cpp text_expr.cpp
  text_format.cpp text_getopt.cpp text_grep.cpp text_grep_matcher.cpp text_io.cpp text_lines.cpp
  text_sed.cpp text_sed_escapes.cpp text_sed_parser.cpp text_sed_parts.cpp text_sed_run.cpp
  text_seq.cpp text_show.cpp text_sort.cpp text_sort_order.cpp text_system.cpp text_table.cpp
  text_tr.cpp text_xargs.cpp)
set(folder_headers
  account_days.h account_systemd.h account_tools.h debian_alternative_command.h
  debian_alternative_links.h debian_alternatives.h debian_common.h debian_diversions.h
  debian_fields.h debian_statoverrides.h debian_tools.h debian_ucf_files.h derived_gvariant.h derived_gvdb.h derived_markup.h derived_tools.h files.h
  files_common.h files_copier.h files_find.h files_find_number.h files_show.h options.h regex.h text_awk.h
  text_awk_lexer.h text_awk_parser.h text_awk_run.h text_awk_streams.h text_awk_value.h
  text_format.h text_grep_matcher.h text_io.h text_sed.h text_sed_escapes.h text_sed_parts.h
  text_sort.h text_tools.h tool.h)
