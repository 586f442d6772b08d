# The folders of stamp and the layer that each belongs to. A folder may use folders of a lower layer
# only; siblings do not know each other. The table is the one of docs/architecture.md.

set(STAMP_LAYER_base 0)
set(STAMP_LAYER_oci 1)
set(STAMP_LAYER_layer 1)
set(STAMP_LAYER_cache 1)
set(STAMP_LAYER_registry-client 2)
set(STAMP_LAYER_debian 2)
set(STAMP_LAYER_workspace 2)
set(STAMP_LAYER_builder 3)
set(STAMP_LAYER_cli 4)

# stamp_library(NAME SOURCES … HEADERS … USES folder… PRIVATE_LIBS lib…)
# Declares folder NAME as the static library stamp::NAME. Refuses an upward or sideways link.
function(stamp_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;USES;PRIVATE_LIBS" ${ARGN})
  if(NOT DEFINED STAMP_LAYER_${name})
    message(FATAL_ERROR "folder '${name}' is not in the layer table of cmake/StampLibrary.cmake")
  endif()
  add_library(stamp_${name} STATIC ${arg_SOURCES})
  add_library(stamp::${name} ALIAS stamp_${name})
  target_sources(stamp_${name} PUBLIC FILE_SET HEADERS
                 BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
  set_target_properties(stamp_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  target_include_directories(stamp_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(stamp_${name} PRIVATE stamp_settings ${arg_PRIVATE_LIBS})
  foreach(dep IN LISTS arg_USES)
    if(NOT STAMP_LAYER_${dep} LESS STAMP_LAYER_${name})
      message(FATAL_ERROR "${name} may not use ${dep}: see docs/architecture.md")
    endif()
    target_link_libraries(stamp_${name} PUBLIC stamp::${dep})
  endforeach()
endfunction()
