# Looks for weak symbols in objects that were compiled with ISA flags. A weak symbol is code that the linker may merge
# with the same function from another object: if the copy for the wider machine wins, the program dies on a narrower
# one. Run as cmake -DNM=... -DOBJECTS=a;b;... -P check_symbols.cmake
set(looked_at 0)
foreach(object IN LISTS OBJECTS)
  execute_process(COMMAND "${NM}" "${object}" OUTPUT_VARIABLE symbols RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "nm failed on ${object}")
  endif()
  math(EXPR looked_at "${looked_at} + 1")
  # Weak definitions have an address; weak references to what the C library may lack have none.
  string(REGEX MATCHALL "[0-9a-f]+ [WVu] [^\n]*" weak "${symbols}")
  # An address that sanitized code keeps for unwinding: data, and the same everywhere.
  list(FILTER weak EXCLUDE REGEX " V DW\\.ref\\.__gxx_personality_v0$")
  if(weak)
    list(JOIN weak "\n  " weak)
    message(FATAL_ERROR "${object} defines weak symbols:\n  ${weak}")
  endif()
endforeach()
if(looked_at EQUAL 0)
  message(FATAL_ERROR "no object with ISA flags was found")
endif()
message(STATUS "${looked_at} objects without weak symbols")
