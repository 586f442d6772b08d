# Compiler settings that every target of stamp shares: `stamp_settings`, linked privately.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

find_program(STAMP_CCACHE ccache)
if(STAMP_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${STAMP_CCACHE})
endif()

include(CheckPIESupported)
check_pie_supported()

add_library(stamp_settings INTERFACE)
target_compile_definitions(stamp_settings INTERFACE _GNU_SOURCE)
target_compile_options(stamp_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wdouble-promotion
  -Wformat=2 -Wimplicit-fallthrough
  -Wno-missing-field-initializers  # designated initialisers leave out what has a default
  $<$<BOOL:${STAMP_WERROR}>:-Werror>
  # The binary must not carry the folder it was built in.
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # -Wrestrict of GCC 12 reports concatenations of std::string that are right (GCC bug 105651).
  target_compile_options(stamp_settings INTERFACE -Wno-restrict)
  # GCC's -Wnull-dereference reports library code that it inlined when it optimises; clang's does not.
  target_compile_options(stamp_settings INTERFACE $<$<CONFIG:Debug>:-Wnull-dereference>)
else()
  target_compile_options(stamp_settings INTERFACE -Wnull-dereference)
endif()
target_compile_definitions(stamp_settings INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

if(STAMP_SANITIZE)
  target_compile_options(stamp_settings INTERFACE
    -fsanitize=${STAMP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(stamp_settings INTERFACE -fsanitize=${STAMP_SANITIZE})
else()
  target_compile_options(stamp_settings INTERFACE
    $<$<CONFIG:Release>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong>)
  target_link_options(stamp_settings INTERFACE $<$<CONFIG:Release>:-Wl,-z,relro -Wl,-z,now>)
endif()
if(STAMP_FUZZ)
  target_compile_options(stamp_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()
