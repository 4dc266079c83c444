# Cross-compiles for 64-bit Windows with MinGW-w64 of Debian and Ubuntu, and runs what was built under Wine. The libraries come
# from the folder KINGLET_CROSS_PREFIX, which packaging/cross/dependencies.sh fills.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES KINGLET_CROSS_PREFIX)

# The variant whose std::thread is a real one.
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

# Windows aligns stacks to 16 bytes and GCC does not align them further, but spills 32-byte registers with instructions that
# need it (GCC's bug 54412). The assembler takes those that do not; they are as fast where the address is aligned.
set(CMAKE_C_FLAGS_INIT -Wa,-muse-unaligned-vector-move)
set(CMAKE_CXX_FLAGS_INIT -Wa,-muse-unaligned-vector-move)
# Programs that need nothing beside them.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)

include("${CMAKE_CURRENT_LIST_DIR}/../cross/find.cmake")
set(CMAKE_CROSSCOMPILING_EMULATOR "${CMAKE_CURRENT_LIST_DIR}/run_in_wine.sh")
