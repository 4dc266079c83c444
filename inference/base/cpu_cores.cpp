#include "inference/base/cpu_cores.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#include <windows.h>
#endif

namespace kinglet {
namespace cores {
namespace {

/// Of the fastest core's speed. Cores that boost a little higher than their neighbours are within it, small
/// cores are not: those of Intel and Arm reach about half, compact ones of AMD two thirds.
constexpr double kFast = 0.75;

/// No processor has more; what a damaged list may ask for ends here.
constexpr int kMostCpus = 1 << 16;

std::string first_line(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

double number_in(const std::filesystem::path& path) {
    std::ifstream file(path);
    double number = 0;
    return file >> number && number > 0 ? number : 0;
}

}  // namespace

std::set<int> parse_cpu_list(const std::string& text) {
    std::set<int> numbers;
    const char* at = text.data();
    const char* const end = at + text.size();
    const auto number = [&](int& value) {
        const auto [next, problem] = std::from_chars(at, end, value);
        at = next;
        return problem == std::errc() && value >= 0 && value < kMostCpus;
    };
    while (at != end && *at != '\n') {
        int first = 0;
        if (!number(first)) return {};
        int last = first;
        if (at != end && *at == '-') {
            ++at;
            if (!number(last)) return {};
        }
        for (int i = first; i <= last; ++i) numbers.insert(i);
        if (at != end && *at == ',') ++at;
    }
    return numbers;
}

std::vector<Cpu> read_linux(const std::filesystem::path& devices, const std::set<int>& allowed) {
    // Intel's hybrid processors name their fast cores; others tell a capacity (Arm) or a highest clock.
    const std::set<int> performance = parse_cpu_list(first_line(devices / "cpu_core" / "cpus"));
    std::vector<Cpu> cpus;
    for (const int number : allowed) {
        const auto folder = devices / "system" / "cpu" / ("cpu" + std::to_string(number));
        Cpu cpu;
        cpu.siblings = first_line(folder / "topology" / "thread_siblings_list");
        if (!performance.empty()) {
            cpu.speed = performance.contains(number) ? 1.0 : 0.5;
        } else {
            cpu.speed = number_in(folder / "cpu_capacity");
            if (cpu.speed == 0) cpu.speed = number_in(folder / "cpufreq" / "cpuinfo_max_freq");
        }
        cpus.push_back(std::move(cpu));
    }
    return cpus;
}

unsigned count_fast(const std::vector<Cpu>& cpus) {
    double best = 0;
    for (const Cpu& cpu : cpus) best = std::max(best, cpu.speed);
    std::set<std::string> cores;
    unsigned alone = 0;
    for (const Cpu& cpu : cpus) {
        // One of unknown speed is taken for a fast one.
        if (cpu.speed != 0 && cpu.speed < kFast * best) continue;
        if (cpu.siblings.empty())
            ++alone;
        else
            cores.insert(cpu.siblings);
    }
    return static_cast<unsigned>(cores.size()) + alone;
}

}  // namespace cores

namespace {

#if defined(__linux__)
unsigned count_of_system() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) != 0) return 0;
    std::set<int> allowed;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &set)) allowed.insert(cpu);
    }
    return cores::count_fast(cores::read_linux("/sys/devices", allowed));
}
#elif defined(__APPLE__)
unsigned count_of_system() {
    // Level 0 are the fast cores; processors with one kind know no levels.
    for (const char* name : {"hw.perflevel0.physicalcpu", "hw.physicalcpu"}) {
        int count = 0;
        std::size_t size = sizeof(count);
        if (sysctlbyname(name, &count, &size, nullptr, 0) == 0 && count > 0)
            return static_cast<unsigned>(count);
    }
    return 0;
}
#elif defined(_WIN32)
unsigned count_of_system() {
    DWORD bytes = 0;
    GetLogicalProcessorInformationEx(RelationProcessorCore, nullptr, &bytes);
    std::vector<char> memory(bytes);
    auto* const first = reinterpret_cast<SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX*>(memory.data());
    if (bytes == 0 || !GetLogicalProcessorInformationEx(RelationProcessorCore, first, &bytes)) return 0;
    std::map<BYTE, unsigned> cores_of_class;
    for (DWORD at = 0; at < bytes;) {
        const auto* core = reinterpret_cast<SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX*>(memory.data() + at);
        // EfficiencyClass, the second byte: headers of MinGW-w64 before version 11 have no name for it.
        ++cores_of_class[reinterpret_cast<const BYTE*>(&core->Processor)[1]];
        at += core->Size;
    }
    // The highest class is the fastest.
    return cores_of_class.empty() ? 0 : cores_of_class.rbegin()->second;
}
#else
unsigned count_of_system() {
    return 0;
}
#endif

}  // namespace

unsigned fast_core_count() {
    const unsigned count = count_of_system();
    return count > 0 ? count : std::max(std::thread::hardware_concurrency(), 1U);
}

}  // namespace kinglet
