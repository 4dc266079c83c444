# The few functions by which every part of Kinglet declares itself, so that flags are set in one place.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

find_program(KINGLET_CCACHE ccache)
if(KINGLET_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER "${KINGLET_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${KINGLET_CCACHE}")
endif()

add_library(kinglet_flags INTERFACE)
target_include_directories(kinglet_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_definitions(kinglet_flags INTERFACE KINGLET_VERSION="${PROJECT_VERSION}")
if(WIN32)
  # Windows 10, names in UTF-16, no macros called min and max; and M_PI.
  target_compile_definitions(kinglet_flags INTERFACE
    _WIN32_WINNT=0x0A00 UNICODE NOMINMAX WIN32_LEAN_AND_MEAN _USE_MATH_DEFINES _CRT_SECURE_NO_WARNINGS)
endif()
if(MSVC)
  target_compile_options(kinglet_flags INTERFACE /W4 /utf-8 /permissive- $<$<BOOL:${KINGLET_WERROR}>:/WX>)
else()
  target_compile_options(kinglet_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers
                                                 $<$<BOOL:${KINGLET_WERROR}>:-Werror>)
endif()
if(KINGLET_SANITIZE)
  target_compile_options(kinglet_flags INTERFACE -fsanitize=${KINGLET_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
                                                 $<$<CONFIG:RelWithDebInfo>:-O1>)
  target_link_options(kinglet_flags INTERFACE -fsanitize=${KINGLET_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC takes members of optionals and variants for uninitialised once the code is instrumented.
    target_compile_options(kinglet_flags INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()

# What every test tells the sanitizers; part of the ENVIRONMENT of each add_test.
# - ignore_noninstrumented_modules: Qt and glib are not built with ThreadSanitizer, so it sees what they touch but not the
#   locks that they hold. What our own code touches stays watched, also where Qt calls it.
# - suppressions: what Qt leaks at the end of the process; the file says why.
# - die_after_fork: QProcess forks from programs with threads, of which ThreadSanitizer dies unless told not to.
set(KINGLET_SANITIZER_ENVIRONMENT "")
if(KINGLET_SANITIZE MATCHES "address")
  list(APPEND KINGLET_SANITIZER_ENVIRONMENT "ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1"
    "LSAN_OPTIONS=print_suppressions=0:suppressions=${PROJECT_SOURCE_DIR}/tests/lsan.supp" "UBSAN_OPTIONS=print_stacktrace=1")
elseif(KINGLET_SANITIZE MATCHES "thread")
  list(APPEND KINGLET_SANITIZER_ENVIRONMENT "TSAN_OPTIONS=ignore_noninstrumented_modules=1:second_deadlock_stack=1:die_after_fork=0")
endif()

# Seconds after which a test counts as hung; instrumented code is several times slower, which Qt Test's own watchdog is told.
set(KINGLET_TEST_TIMEOUT 300)
if(CMAKE_CROSSCOMPILING)
  # So is what runs on an emulated processor.
  set(KINGLET_TEST_TIMEOUT 1500)
endif()
if(KINGLET_SANITIZE)
  set(KINGLET_TEST_TIMEOUT 1500)
  list(APPEND KINGLET_SANITIZER_ENVIRONMENT "QTEST_FUNCTION_TIMEOUT=1500000")
endif()

include(QTestShim)

# kinglet_library(NAME SOURCES ... [DEPENDS ...] [PRIVATE_DEPENDS ...])
# One static library a node of the module graph. DEPENDS are those that its headers show; prefer PRIVATE_DEPENDS.
function(kinglet_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS")
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC kinglet_flags ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_DEPENDS})
endfunction()

# kinglet_test(NAME SOURCES ... [DEPENDS ...] [LABELS ...] [TIMEOUT S] [ENVIRONMENT K=V ...] [ARGS ...])
# A Qt Test executable (QTEST_GUILESS_MAIN or QTEST_MAIN in its source) registered with ctest under NAME. Without Qt
# (KINGLET_TEST_WITHOUT_QT) tests/support/qtest_shim stands in for it.
function(kinglet_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;DEPENDS;LABELS;ENVIRONMENT;ARGS")
  if(NOT arg_TIMEOUT OR KINGLET_SANITIZE)
    set(arg_TIMEOUT ${KINGLET_TEST_TIMEOUT})
  endif()
  add_executable(${name} ${arg_SOURCES})
  if(KINGLET_TEST_WITHOUT_QT)
    target_link_libraries(${name} PRIVATE kinglet_flags kinglet_qtest_shim ${arg_DEPENDS})
    foreach(source ${arg_SOURCES})
      kinglet_qtest_shim_moc(${name} "${source}")
    endforeach()
  else()
    set_target_properties(${name} PROPERTIES AUTOMOC ON)
    target_link_libraries(${name} PRIVATE kinglet_flags Qt6::Core Qt6::Test ${arg_DEPENDS})
  endif()
  add_test(NAME ${name} COMMAND ${name} ${arg_ARGS})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}" SKIP_RETURN_CODE 77
    ENVIRONMENT "QT_QPA_PLATFORM=offscreen;QT_QUICK_BACKEND=software;LC_ALL=C.UTF-8;KINGLET_SHARED=${KINGLET_SHARED};${KINGLET_SANITIZER_ENVIRONMENT};${arg_ENVIRONMENT}")
endfunction()
