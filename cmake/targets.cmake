# The kinds of target. A folder is a target: its sources are its .cpp files and those of the subfolders listed
# as SUBFOLDERS, so a new file needs no change here. Heavy headers that many files include are precompiled
# twice: once for programs and libraries, and once with GoogleTest for tests.
set(heavy_headers
  <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstdint> <deque> <exception>
  <expected> <filesystem> <functional> <map> <memory> <mutex> <numeric> <optional> <random> <set> <span>
  <stdexcept> <string> <string_view> <thread> <tuple> <type_traits> <unordered_map> <utility> <variant>
  <vector>
  <boost/describe.hpp> <boost/mp11.hpp>
  <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/detached.hpp>
  <boost/asio/use_awaitable.hpp> <boost/asio/post.hpp> <boost/asio/any_io_executor.hpp>
  <fmt/format.h>)

function(stagedoor_precompile name)
  if(NOT EXISTS ${CMAKE_BINARY_DIR}/precompiled.cpp)  # written again, it would rebuild everything
    file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cpp "")
  endif()
  add_library(${name} STATIC ${CMAKE_BINARY_DIR}/precompiled.cpp)
  target_link_libraries(${name} PUBLIC Boost::boost Threads::Threads fmt::fmt)
  target_compile_definitions(${name} PUBLIC BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_HAS_STD_INVOKE_RESULT)
  target_precompile_headers(${name} PRIVATE ${heavy_headers} ${ARGN})
endfunction()
stagedoor_precompile(precompiled)
stagedoor_precompile(precompiled_for_tests
  <gtest/gtest.h> <future> <boost/asio/io_context.hpp> <boost/asio/use_future.hpp>)
target_link_libraries(precompiled_for_tests PUBLIC GTest::gtest)  # for the definitions that it compiles with

function(stagedoor_common_settings target)
  cmake_parse_arguments(ARG "TEST" "" "" ${ARGN})
  target_link_libraries(${target} PUBLIC precompiled)
  if(ARG_TEST)
    target_precompile_headers(${target} REUSE_FROM precompiled_for_tests)
  else()
    target_precompile_headers(${target} REUSE_FROM precompiled)
  endif()
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
endfunction()

# For targets whose files have names in common, so that unity builds can't compile several as one.
function(stagedoor_compile_separately)
  set_target_properties(${ARGN} PROPERTIES UNITY_BUILD OFF)
endfunction()

# Sets `out` to the sources of this folder and of the given subfolders, except main.cpp.
function(stagedoor_sources out)
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  foreach(folder IN LISTS ARGN)
    file(GLOB in_folder CONFIGURE_DEPENDS ${folder}/*.cpp)
    list(APPEND sources ${in_folder})
  endforeach()
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

# stagedoor_library(NAME [SUBFOLDERS folder …] [SOURCES file …] LIBRARIES other …): of the folder's .cpp files
# unless SOURCES names them
function(stagedoor_library name)
  cmake_parse_arguments(ARG "" "" "SUBFOLDERS;SOURCES;LIBRARIES" ${ARGN})
  if(NOT ARG_SOURCES)
    stagedoor_sources(ARG_SOURCES ${ARG_SUBFOLDERS})
  endif()
  add_library(${name} STATIC ${ARG_SOURCES})
  if(GTest::gtest IN_LIST ARG_LIBRARIES)
    set(test TEST)
  endif()
  stagedoor_common_settings(${name} ${test})
  target_link_libraries(${name} PUBLIC ${ARG_LIBRARIES})
endfunction()

# stagedoor_program(NAME [SOURCES main.cpp …] LIBRARIES lib …): an executable in build/bin, from main.cpp by
# default
function(stagedoor_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT ARG_SOURCES)
    set(ARG_SOURCES main.cpp)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  stagedoor_common_settings(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES})
endfunction()

# stagedoor_npm_packages(FOLDER): installs what FOLDER/package-lock.json lists into the same folder of the
# build tree, once per lock file, by versions and hashes, and runs none of their scripts. Sets npm_packages to
# whether they are there, otherwise npm_missing to why not.
function(stagedoor_npm_packages folder)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
  set(target ${CMAKE_CURRENT_BINARY_DIR}/${folder})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source}/package-lock.json)
  file(READ ${source}/package-lock.json wanted)
  set(installed)
  if(EXISTS ${target}/installed-lock.json)
    file(READ ${target}/installed-lock.json installed)
  endif()
  if(NOT installed STREQUAL wanted)
    find_program(NPM npm)
    if(NOT NPM)
      set(npm_missing "npm is not installed" PARENT_SCOPE)
      return()
    endif()
    file(COPY ${source}/package.json ${source}/package-lock.json DESTINATION ${target})
    execute_process(COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --fetch-retries 1
      WORKING_DIRECTORY ${target} RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET TIMEOUT 120)
    if(failed)
      set(npm_missing "npm could not fetch the packages of ${source}" PARENT_SCOPE)
      return()
    endif()
    file(WRITE ${target}/installed-lock.json "${wanted}")
  endif()
  set(npm_packages TRUE PARENT_SCOPE)
endfunction()

# stagedoor_service(NAME [SUBFOLDERS folder …] [ASSETS name=file …] [LIBRARIES lib …]): everything in
# services/NAME. ASSETS are static files from elsewhere.
#   service_NAME      the library: routes, handlers, workers, store and the folder's own files, with embedded
#                     migrations (store/migrations/0001_create_things.sql, by number), views, texts (locales)
#                     and static files
#   stagedoor-NAME    the program, from main.cpp; part of the Debian package
#   NAME_test         tests/*.cpp, label `service`
#   NAME_unit_test    tests/unit/*.cpp, label `unit`, if there are any
function(stagedoor_service name)
  cmake_parse_arguments(ARG "" "" "SUBFOLDERS;ASSETS;LIBRARIES" ${ARGN})
  stagedoor_sources(sources routes handlers workers store ${ARG_SUBFOLDERS})
  file(GLOB migrations CONFIGURE_DEPENDS store/migrations/*.sql)
  if(migrations)
    stagedoor_embed(${name} migrations ${migrations})
    list(APPEND sources ${embedded})
  endif()
  file(GLOB_RECURSE assets CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} views/* static/* texts/*
       locales/*)
  if(assets)
    stagedoor_embed(${name} assets ${assets} ${ARG_ASSETS})
    list(APPEND sources ${embedded})
  endif()
  stagedoor_library(service_${name} SOURCES ${sources} LIBRARIES common_service ${ARG_LIBRARIES})
  stagedoor_program(stagedoor-${name} LIBRARIES service_${name})

  file(GLOB tests CONFIGURE_DEPENDS tests/*.cpp)
  if(tests)
    stagedoor_test(${name}_test LABEL service SOURCES ${tests}
                   LIBRARIES service_${name} testing_service rapidcheck)
  endif()
  file(GLOB unit_tests CONFIGURE_DEPENDS tests/unit/*.cpp)
  if(unit_tests)
    stagedoor_test(${name}_unit_test LABEL unit SOURCES ${unit_tests} LIBRARIES service_${name} rapidcheck)
  endif()
endfunction()

# stagedoor_embed(SERVICE KIND file|name=file …): generates a C++ file with the text of these files and sets
# ${embedded} to it. KIND is `assets` (stagedoor::SERVICE::embedded_assets()) or `migrations`
# (stagedoor::SERVICE::store::migrations()). Not #embed: ccache 4.7 does not track the files it reads and
# would serve stale objects.
function(stagedoor_embed service kind)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_${kind}.cpp)
  list(JOIN ARGN " " names)
  set(files ${ARGN})
  list(TRANSFORM files REPLACE "^[^=]*=" "")
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DSERVICE=${service} -DKIND=${kind} -DFOLDER=${CMAKE_CURRENT_SOURCE_DIR}
            -DFILES=${names} -DOUTPUT=${output} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
  set(embedded ${output} PARENT_SCOPE)
endfunction()

# stagedoor_test(NAME LABEL unit [SOURCES …] LIBRARIES …): a test program and its ctest case, from the
# folder's .cpp files unless SOURCES names them. ./test has a time budget per label; `LABEL contract threads`
# also runs it under the thread sanitizer. SHARDS n makes n cases of it, which ctest may run at once.
# EVERY_SHAPE adds two cases: one labelled `distributed`, against a process per service, and one labelled
# `nodes`, against two nodes.
function(stagedoor_test name)
  cmake_parse_arguments(ARG "EVERY_SHAPE" "TIMEOUT;SHARDS" "LABEL;SOURCES;LIBRARIES;ARGUMENTS" ${ARGN})
  if(NOT ARG_SOURCES)
    stagedoor_sources(ARG_SOURCES)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  stagedoor_common_settings(${name} TEST)
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  if(NOT ARG_SHARDS)
    set(ARG_SHARDS 1)
  endif()
  foreach(shard RANGE 1 ${ARG_SHARDS})
    set(case ${name})
    if(ARG_SHARDS GREATER 1)
      set(case ${name}_${shard})
    endif()
    math(EXPR index "${shard} - 1")
    add_test(NAME ${case} COMMAND ${name} ${ARG_ARGUMENTS})
    set_tests_properties(${case} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT}
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${ARG_SHARDS};GTEST_SHARD_INDEX=${index}")
  endforeach()
  if(ARG_EVERY_SHAPE)
    foreach(shape distributed nodes)
      add_test(NAME ${name}_${shape} COMMAND ${name} ${ARG_ARGUMENTS})
      set_tests_properties(${name}_${shape} PROPERTIES LABELS ${shape} TIMEOUT ${ARG_TIMEOUT}
        ENVIRONMENT STAGEDOOR_SHAPE=${shape})
      set_property(GLOBAL APPEND PROPERTY STAGEDOOR_TESTS_${shape} ${name})
    endforeach()
  endif()
  foreach(label IN LISTS ARG_LABEL)
    set_property(GLOBAL APPEND PROPERTY STAGEDOOR_TESTS_${label} ${name})
  endforeach()
  if(threads IN_LIST ARG_LABEL)
    target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/testing/thread_sanitizer.cpp)
  endif()
endfunction()

# stagedoor_fuzz(NAME SOURCES … LIBRARIES …): a libFuzzer target, only if STAGEDOOR_FUZZ is on
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
  add_test(NAME ${name} COMMAND ${CMAKE_SOURCE_DIR}/scripts/fuzz $<TARGET_FILE:${name}>
                                ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 1200)
  set_property(GLOBAL APPEND PROPERTY STAGEDOOR_TESTS_fuzz ${name})
endfunction()

# A target tests-LABEL for each label, which builds what its tests need. Call it once, after all tests are
# declared. Where the tests are no targets of ours (browser …), it builds the programs that they run.
function(stagedoor_test_groups)
  foreach(label unit contract service fuzz threads)
    get_property(tests GLOBAL PROPERTY STAGEDOOR_TESTS_${label})
    add_custom_target(tests-${label} DEPENDS ${tests})
  endforeach()
  foreach(label system race crash security distributed nodes chaos simulation examples browser package deploy)
    get_property(tests GLOBAL PROPERTY STAGEDOOR_TESTS_${label})
    if(NOT label MATCHES "simulation|examples")
      list(APPEND tests stagedoor stagedoor-distributed)
    endif()
    add_custom_target(tests-${label} DEPENDS ${tests})
  endforeach()
  add_dependencies(tests-package deb)
  add_dependencies(tests-deploy sbom)  # which the images contain
  add_dependencies(tests-examples sbom)
endfunction()
