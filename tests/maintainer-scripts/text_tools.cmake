list(APPEND sources regex_test.cpp text_awk_test.cpp text_sed_test.cpp text_tools_test.cpp)

# Command lines by this machine's programs and by stamp's tools: Debian 12's are the measure.
add_executable(text_against_real text_against_real.cpp)
target_link_libraries(text_against_real PRIVATE stamp_settings stamp::maintainer-scripts)
file(GLOB text_lines CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/text/*.lines)
add_test(NAME tools.text COMMAND text_against_real ${CMAKE_CURRENT_SOURCE_DIR}/text/inputs
         ${text_lines})
set_tests_properties(tools.text PROPERTIES LABELS long TIMEOUT 120)
