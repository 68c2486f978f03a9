# Toolchain: compiles for Linux on arm64 on a Debian of another architecture that has the libraries of arm64,
# too (`dpkg --add-architecture arm64`). tests/arm64/run makes one, and compiles there with the preset arm64.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_CXX_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_STRIP aarch64-linux-gnu-strip)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
# ctest runs tests with it, and scripts/sbom the loader. Cached, since the latter reads it there.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static CACHE STRING "runs programs for arm64")
set(STAGEDOOR_ARCHITECTURE arm64)  # Debian's name
