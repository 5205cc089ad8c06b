# What `cmake --install` puts where, and the packages that CPack makes of it.
include(GNUInstallDirs)

install(TARGETS repsim RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/repsim PATTERN "README.md" EXCLUDE)
install(FILES README.md CHANGELOG.md CITATION.cff LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The program itself says what shells, `man` and editors are told.
set(told ${PROJECT_BINARY_DIR}/told)
add_custom_command(OUTPUT ${told}/repsim.bash ${told}/_repsim ${told}/repsim.fish ${told}/repsim.1 ${told}/scenario.schema.json
  COMMAND ${CMAKE_COMMAND} -E make_directory ${told}
  COMMAND repsim completion bash > ${told}/repsim.bash
  COMMAND repsim completion zsh > ${told}/_repsim
  COMMAND repsim completion fish > ${told}/repsim.fish
  COMMAND repsim completion man > ${told}/repsim.1
  COMMAND repsim schema > ${told}/scenario.schema.json
  DEPENDS repsim VERBATIM)
add_custom_target(repsim_told ALL DEPENDS ${told}/repsim.1)
install(FILES ${told}/repsim.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME repsim)
install(FILES ${told}/_repsim DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${told}/repsim.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${told}/repsim.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${told}/scenario.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/repsim)

set(CPACK_GENERATOR TGZ)
if(UNIX AND NOT APPLE)
  list(APPEND CPACK_GENERATOR DEB)
endif()
set(CPACK_PACKAGE_CONTACT "The repsim authors <repsim@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
find_program(DPKG_SHLIBDEPS dpkg-shlibdeps)
if(DPKG_SHLIBDEPS)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
else()
  set(CPACK_DEBIAN_PACKAGE_DEPENDS "libc6, libstdc++6, libfmt9")
endif()
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3-matplotlib")
include(CPack)
