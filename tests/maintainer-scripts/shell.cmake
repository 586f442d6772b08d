list(APPEND sources shell_parser_test.cpp)
list(APPEND sources interpreter_test.cpp table_test.cpp)
add_subdirectory(dash)
list(APPEND sources abuse_test.cpp)
