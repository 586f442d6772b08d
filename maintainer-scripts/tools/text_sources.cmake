list(APPEND folder_sources regex.cpp text_awk.cpp text_awk_builtins.cpp text_awk_evaluate.cpp
     text_awk_expressions.cpp text_awk_lexer.cpp text_awk_parser.cpp text_awk_run.cpp
     text_awk_streams.cpp text_awk_value.cpp text_awk_variables.cpp text_columns.cpp
     text_count.cpp text_date.cpp text_expr.cpp text_format.cpp text_getopt.cpp text_grep.cpp
     text_grep_matcher.cpp text_io.cpp text_lines.cpp text_sed.cpp text_sed_escapes.cpp
     text_sed_parser.cpp text_sed_parts.cpp text_sed_run.cpp text_seq.cpp text_show.cpp
     text_sort.cpp text_sort_order.cpp text_system.cpp text_table.cpp text_tr.cpp text_xargs.cpp)
list(APPEND folder_headers regex.h text_awk.h text_awk_lexer.h text_awk_parser.h text_awk_run.h
     text_awk_streams.h text_awk_value.h text_format.h text_grep_matcher.h text_io.h text_sed.h
     text_sed_escapes.h text_sed_parts.h text_sort.h text_tools.h)
