list(APPEND sources shell_parser_test.cpp)
