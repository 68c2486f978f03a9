# Flags for all of our own code.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                    -Werror=return-type -Werror=unused-result
                    -Wno-missing-designated-field-initializers -Wno-c23-extensions
                    -fcolor-diagnostics)
if(STAGEDOOR_WERROR)
  add_compile_options(-Werror)
endif()
add_link_options(-fuse-ld=lld)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")             # assertions stay on
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

if(STAGEDOOR_SANITIZE)
  add_compile_options(-fsanitize=${STAGEDOOR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${STAGEDOOR_SANITIZE})
endif()
if(STAGEDOOR_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link
                      -fsanitize-coverage-allowlist=${CMAKE_SOURCE_DIR}/cmake/fuzzed.txt)
endif()
if(STAGEDOOR_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()
