// How many threads are worth having here.
#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace kinglet {

/// Physical cores that this process may run on (hyper-threads of a core count once) and that are fast: of a
/// processor with cores of several kinds only those that compute at least about three quarters as fast as the
/// best, since every stage of a layer ends with its last thread. At least 1.
unsigned fast_core_count();

/// What the parts of fast_core_count() see; here for tests.
namespace cores {

/// A logical processor.
struct Cpu {
    /// The same text for all hyper-threads of a core; empty where the system does not tell.
    std::string siblings;
    /// Any unit, but the same for all; 0 where the system does not tell.
    double speed = 0;
};

/// Fast cores of a list, 0 for an empty one.
unsigned count_fast(const std::vector<Cpu>& cpus);

/// What Linux tells of some processors below a folder that is laid out like /sys/devices.
std::vector<Cpu> read_linux(const std::filesystem::path& devices, const std::set<int>& allowed);

/// The numbers in a list like "0-3,8,10-11", as /sys has them; empty where it is no such list.
std::set<int> parse_cpu_list(const std::string& text);

}  // namespace cores
}  // namespace kinglet
