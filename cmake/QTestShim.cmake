# Tests without Qt (KINGLET_TEST_WITHOUT_QT): tests/support/qtest_shim stands in for Qt Test, and this for moc.

# kinglet_qtest_shim_moc(TARGET SOURCE)
# Writes SOURCE.moc, which the source includes as its last line, with the test functions of its class: those between
# "private slots:" and the end of the class or the next such label, as clang-format lays them out.
function(kinglet_qtest_shim_moc target source)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
  file(READ "${CMAKE_CURRENT_SOURCE_DIR}/${source}" text)
  # Semicolons and brackets have a meaning in lists.
  string(REGEX REPLACE "[][;]" " " text "${text}")
  if(NOT text MATCHES "\nclass ([A-Za-z0-9_]+) : public QObject {\n    Q_OBJECT\n")
    return()
  endif()
  set(class "${CMAKE_MATCH_1}")
  if(NOT text MATCHES "\n  private slots:\n(.*)")
    message(FATAL_ERROR "${source}: no test functions were found")
  endif()
  string(REGEX REPLACE "\n(  (private|public|protected):|} *\n).*" "\n" section "\n${CMAKE_MATCH_1}")
  string(REGEX MATCHALL "\n    void [A-Za-z0-9_]+\\(\\)" functions "${section}")
  if(NOT functions)
    message(FATAL_ERROR "${source}: no test functions were found")
  endif()
  set(lines "")
  foreach(function ${functions})
    string(REGEX REPLACE ".*void ([A-Za-z0-9_]+).*" "\\1" name "${function}")
    string(APPEND lines "    functions_out.all.emplace_back(\"${name}\", [this] { ${name}(); });\n")
  endforeach()
  get_filename_component(stem "${source}" NAME_WE)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}_moc")
  file(CONFIGURE OUTPUT "${folder}/${stem}.moc" @ONLY CONTENT
    "void ${class}::qtest_shim_functions(qtest_shim::Functions& functions_out) {\n    functions_out.class_name = \"${class}\";\n${lines}}\n")
  target_include_directories(${target} PRIVATE "${folder}")
endfunction()
