// Which cores are worth a thread, on processors of many kinds that are told of as Linux tells.
#include <QtTest>

#include "inference/base/cpu_cores.h"
#include "tests/support/files.h"

using namespace kinglet;

namespace {

/// A folder like /sys/devices.
class Devices {
  public:
    /// A logical processor; null texts are files that are not there.
    void add(int number, const char* siblings, const char* capacity = nullptr,
             const char* frequency = nullptr) {
        const auto cpu = root() / "system" / "cpu" / ("cpu" + std::to_string(number));
        write(cpu / "topology" / "thread_siblings_list", siblings);
        write(cpu / "cpu_capacity", capacity);
        write(cpu / "cpufreq" / "cpuinfo_max_freq", frequency);
        all_.insert(number);
    }
    void name_fast_ones(const char* list) { write(root() / "cpu_core" / "cpus", list); }
    unsigned count() const { return count(all_); }
    unsigned count(const std::set<int>& allowed) const {
        return cores::count_fast(cores::read_linux(root(), allowed));
    }

  private:
    std::filesystem::path root() const { return folder_ / "devices"; }
    static void write(const std::filesystem::path& path, const char* text) {
        if (text == nullptr) return;
        std::filesystem::create_directories(path.parent_path());
        test::write_file(path, std::string(text) + "\n");
    }

    test::TemporaryFolder folder_;
    std::set<int> all_;
};

}  // namespace

class CpuCores : public QObject {
    Q_OBJECT

  private slots:
    void hyper_threads_of_a_core_count_once() {
        Devices devices;
        for (int i = 0; i < 8; ++i)
            devices.add(i, i % 4 == 0 ? "0,4" : i % 4 == 1 ? "1,5" : i % 4 == 2 ? "2,6" : "3,7");
        QCOMPARE(devices.count(), 4U);
        QCOMPARE(devices.count({1, 5, 6}), 2U);
    }

    void a_machine_that_tells_nothing_counts_its_processors() {
        Devices devices;
        for (int i = 0; i < 3; ++i) devices.add(i, nullptr);
        QCOMPARE(devices.count(), 3U);
    }

    void intel_names_its_fast_cores() {
        Devices devices;
        for (int i = 0; i < 4; ++i) devices.add(i, i < 2 ? "0-1" : "2-3", nullptr, "5000000");
        for (int i = 4; i < 12; ++i) devices.add(i, std::to_string(i).c_str(), nullptr, "3700000");
        devices.name_fast_ones("0-3");
        QCOMPARE(devices.count(), 2U);
        // Kept to the small cores there is nothing faster to prefer.
        QCOMPARE(devices.count({4, 5, 6, 7}), 4U);
    }

    void arm_tells_capacities() {
        Devices devices;
        for (int i = 0; i < 4; ++i) devices.add(i, nullptr, "383");
        for (int i = 4; i < 7; ++i) devices.add(i, nullptr, "906");
        devices.add(7, nullptr, "1024");
        QCOMPARE(devices.count(), 4U);
    }

    void clocks_tell_small_cores_from_favoured_ones() {
        Devices devices;
        const auto add = [&](int i, const char* clock) {
            devices.add(i, std::to_string(i).c_str(), nullptr, clock);
        };
        add(0, "5800000");  // boosts a little higher than the others
        add(1, "5500000");
        add(2, "5500000");
        add(3, "3300000");
        add(4, "3300000");
        QCOMPARE(devices.count(), 3U);
    }

    void lists_are_read_as_the_kernel_writes_them() {
        QCOMPARE(cores::parse_cpu_list("0-3,8,10-11\n"), (std::set<int>{0, 1, 2, 3, 8, 10, 11}));
        QCOMPARE(cores::parse_cpu_list("5"), std::set<int>{5});
        for (const char* bad : {"", "x", "1-", "-3", "0-99999999", "1,,2", "4294967296"})
            QVERIFY2(cores::parse_cpu_list(bad).empty(), bad);
    }

    void this_machine_has_a_core() { QVERIFY(fast_core_count() >= 1); }
};

QTEST_GUILESS_MAIN(CpuCores)
#include "cpu_cores.moc"
