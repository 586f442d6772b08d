list(APPEND sources tree_test.cpp changes_test.cpp open_file_test.cpp)
