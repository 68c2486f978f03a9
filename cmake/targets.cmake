# The four kinds of target. Sources are listed, never globbed; what is heavy in the standard library, Asio's
# coroutines and Boost.Describe is precompiled once for all of them.
file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cpp "")
add_library(precompiled STATIC ${CMAKE_BINARY_DIR}/precompiled.cpp)
target_link_libraries(precompiled PUBLIC Boost::boost Threads::Threads fmt::fmt)
target_compile_definitions(precompiled PUBLIC BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_HAS_STD_INVOKE_RESULT)
target_precompile_headers(precompiled PRIVATE
  <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <deque> <exception> <filesystem> <functional>
  <map> <memory> <mutex> <optional> <set> <span> <stdexcept> <string> <string_view> <thread> <tuple> <type_traits>
  <unordered_map> <utility> <variant> <vector>
  <boost/describe.hpp> <boost/mp11.hpp>
  <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/detached.hpp> <boost/asio/use_awaitable.hpp>
  <boost/asio/post.hpp> <boost/asio/any_io_executor.hpp>
  <fmt/format.h>)

function(stagedoor_common_settings target)
  target_link_libraries(${target} PUBLIC precompiled)
  target_precompile_headers(${target} REUSE_FROM precompiled)
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
endfunction()

# stagedoor_library(NAME SOURCES a.cpp … LIBRARIES other …)
function(stagedoor_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  stagedoor_common_settings(${name})
  target_link_libraries(${name} PUBLIC ${ARG_LIBRARIES})
endfunction()

# stagedoor_program(NAME SOURCES main.cpp … LIBRARIES lib …): an executable in build/bin
function(stagedoor_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  stagedoor_common_settings(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES})
endfunction()

# stagedoor_test(NAME LABEL unit SOURCES … LIBRARIES …): one ctest case per program; the label says which budget it has;
# `LABEL contract threads` runs it under the thread sanitizer as well; EVERY_SHAPE: one more case, labelled `distributed`,
# against the distributed shape
function(stagedoor_test name)
  cmake_parse_arguments(ARG "EVERY_SHAPE" "TIMEOUT" "LABEL;SOURCES;LIBRARIES;ARGUMENTS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  stagedoor_common_settings(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${name} ${ARG_ARGUMENTS})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
  if(ARG_EVERY_SHAPE)
    add_test(NAME ${name}_distributed COMMAND ${name} ${ARG_ARGUMENTS})
    set_tests_properties(${name}_distributed PROPERTIES LABELS distributed TIMEOUT ${ARG_TIMEOUT}
      ENVIRONMENT STAGEDOOR_SHAPE=distributed)
  endif()
  if("${ARG_LABEL}" MATCHES "unit|contract|service")
    set_property(GLOBAL APPEND PROPERTY STAGEDOOR_SANITIZED ${name})
  endif()
  if("${ARG_LABEL}" MATCHES "threads")
    set_property(GLOBAL APPEND PROPERTY STAGEDOOR_THREADS ${name})
  endif()
  if("${ARG_LABEL}" MATCHES "system|race|crash|chaos|simulation")
    set_property(GLOBAL APPEND PROPERTY STAGEDOOR_WHOLE ${name})
  endif()
endfunction()

# stagedoor_fuzz(NAME SOURCES … LIBRARIES …): a libFuzzer target, only in builds that are instrumented for it
function(stagedoor_fuzz name)
  if(NOT STAGEDOOR_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  stagedoor_common_settings(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  add_test(NAME ${name} COMMAND ${CMAKE_SOURCE_DIR}/scripts/fuzz $<TARGET_FILE:${name}> ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 1200)
  set_property(GLOBAL APPEND PROPERTY STAGEDOOR_SANITIZED ${name})
endfunction()

# What ./test builds of each preset: of the release build what runs the whole marketplace, of the sanitizers' builds the
# tests that they watch. Called once, after all tests are known.
function(stagedoor_test_groups)
  get_property(whole GLOBAL PROPERTY STAGEDOOR_WHOLE)
  get_property(sanitized GLOBAL PROPERTY STAGEDOOR_SANITIZED)
  get_property(threads GLOBAL PROPERTY STAGEDOOR_THREADS)
  add_custom_target(tests-whole DEPENDS stagedoor stagedoor-distributed ${whole})
  add_custom_target(tests-sanitized DEPENDS ${sanitized})
  add_custom_target(tests-threads DEPENDS ${threads})
endfunction()
