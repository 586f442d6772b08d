list(APPEND sources file_tools_test.cpp files_packed_test.cpp options_test.cpp real_tools_test.cpp)
set_source_files_properties(real_tools_test.cpp PROPERTIES COMPILE_DEFINITIONS
  STAMP_REAL_TOOLS="${CMAKE_CURRENT_LIST_DIR}/data/real-tools.txt")
