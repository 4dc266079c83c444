#include <windows.h>
// After windows.h, whose types it needs.
#include <psapi.h>

#include "app/machine/limits.h"
#include "app/machine/small_pages.h"

namespace kinglet::machine {

void* allocate_small_pages(std::size_t bytes) {
    return VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void free_small_pages(void* memory, std::size_t) {
    VirtualFree(memory, 0, MEM_RELEASE);
}

std::uint64_t available_memory_bytes() {
    MEMORYSTATUSEX status{};
    status.dwLength = sizeof status;
    return GlobalMemoryStatusEx(&status) ? status.ullAvailPhys : 0;
}

std::size_t peak_memory_bytes() {
    PROCESS_MEMORY_COUNTERS counters{};
    return GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters) ? counters.PeakWorkingSetSize
                                                                                 : 0;
}

}  // namespace kinglet::machine
