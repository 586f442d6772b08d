list(APPEND sources options_test.cpp)
