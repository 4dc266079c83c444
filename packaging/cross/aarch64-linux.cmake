# Cross-compiles for 64-bit ARM Linux and runs what was built under qemu. The libraries come from the folder
# KINGLET_CROSS_PREFIX, which packaging/cross/dependencies.sh fills.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES KINGLET_CROSS_PREFIX)

set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# Programs that need no ARM system beside them.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)

include("${CMAKE_CURRENT_LIST_DIR}/find.cmake")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)
