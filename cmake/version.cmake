# The one version of repsim, with the compiler and the commit, for `repsim --version`.
set(REPSIM_BUILD "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
string(REPLACE "GNU" "GCC" REPSIM_BUILD "${REPSIM_BUILD}")
if(EXISTS ${PROJECT_SOURCE_DIR}/.git)
  find_package(Git QUIET)
  if(Git_FOUND)
    execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --short=7 HEAD WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
      OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(commit)
      string(APPEND REPSIM_BUILD ", commit ${commit}")
    endif()
    if(EXISTS ${PROJECT_SOURCE_DIR}/.git/logs/HEAD)  # a new commit configures again
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/.git/logs/HEAD)
    endif()
  endif()
endif()
set_source_files_properties(sim/kernel/version.cpp PROPERTIES
  COMPILE_DEFINITIONS "REPSIM_VERSION=\"${PROJECT_VERSION}\";REPSIM_BUILD=\"${REPSIM_BUILD}\"")
