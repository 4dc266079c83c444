#include <sys/mman.h>
#include <sys/resource.h>

#ifdef __APPLE__
#include <mach/mach.h>
#endif

#include <fstream>
#include <string>

#include "app/machine/limits.h"
#include "app/machine/small_pages.h"

namespace kinglet::machine {

void* allocate_small_pages(std::size_t bytes) {
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
#ifdef MADV_NOHUGEPAGE
    madvise(memory, bytes, MADV_NOHUGEPAGE);
#endif
    return memory;
}

void free_small_pages(void* memory, std::size_t bytes) {
    munmap(memory, bytes);
}

std::uint64_t available_memory_bytes() {
#ifdef __APPLE__
    vm_statistics64_data_t pages{};
    mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
    const auto host = mach_host_self();
    if (host_statistics64(host, HOST_VM_INFO64, reinterpret_cast<host_info64_t>(&pages), &count) !=
        KERN_SUCCESS)
        return 0;
    return (std::uint64_t{pages.free_count} + pages.inactive_count + pages.purgeable_count) * vm_page_size;
#else
    std::ifstream file("/proc/meminfo");
    std::string word;
    std::uint64_t kilobytes = 0;
    while (file >> word) {
        if (word == "MemAvailable:" && file >> kilobytes) return kilobytes * 1024;
    }
    return 0;
#endif
}

std::size_t peak_memory_bytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    return static_cast<std::size_t>(usage.ru_maxrss);
#else
    return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
#endif
}

}  // namespace kinglet::machine
