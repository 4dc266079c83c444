// Memory for vectors and for weights.
#include <QtTest>
#include <algorithm>
#include <cstdint>
#include <limits>

#include "inference/base/aligned_buffer.h"
#include "inference/base/page_buffer.h"

using kinglet::AlignedBuffer;
using kinglet::PageBuffer;

class TestBuffers : public QObject {
    Q_OBJECT

  private slots:
    void vectors_are_aligned() {
        AlignedBuffer<float> buffer;
        QVERIFY(buffer.empty());
        for (const std::size_t count : {1, 7, 1000}) {
            QVERIFY(buffer.resize(count));
            QCOMPARE(buffer.size(), count);
            QCOMPARE(reinterpret_cast<std::uintptr_t>(buffer.data()) % kinglet::kBufferAlignment,
                     std::uintptr_t{0});
            std::fill(buffer.data(), buffer.data() + count, 1.0F);
        }
    }

    void large_enough_memory_is_kept() {
        AlignedBuffer<int> buffer;
        QVERIFY(buffer.ensure(100));
        const int* first = buffer.data();
        QVERIFY(buffer.ensure(50));
        QVERIFY(buffer.data() == first);
        QCOMPARE(buffer.size(), std::size_t{100});
    }

    void absurd_sizes_are_refused() {
        AlignedBuffer<double> buffer;
        QVERIFY(buffer.resize(10));
        QVERIFY(!buffer.resize(std::numeric_limits<std::size_t>::max() / 4));
        QVERIFY(buffer.empty());
        PageBuffer pages;
        QVERIFY(!pages.resize(std::numeric_limits<std::size_t>::max() - 5));
        QCOMPARE(pages.size(), std::size_t{0});
        QVERIFY(pages.data() == nullptr);
    }

    void pages_are_zeroed_writable_and_move() {
        PageBuffer pages;
        for (const std::size_t bytes :
             {std::size_t{1}, std::size_t{5000}, std::size_t{5} * 1024 * 1024 + 3}) {
            QVERIFY(pages.resize(bytes));
            QCOMPARE(pages.size(), bytes);
            QVERIFY(std::all_of(pages.data(), pages.data() + bytes,
                                [](std::byte b) { return b == std::byte{0}; }));
            std::fill(pages.data(), pages.data() + bytes, std::byte{7});
        }
#if defined(__linux__)
        // Where huge pages begin.
        QCOMPARE(reinterpret_cast<std::uintptr_t>(pages.data()) % (std::size_t{2} * 1024 * 1024),
                 std::uintptr_t{0});
#endif
        PageBuffer other(std::move(pages));
        QCOMPARE(other.size(), std::size_t{5} * 1024 * 1024 + 3);
        QVERIFY(other.data()[4'000'000] == std::byte{7});
        PageBuffer third;
        QVERIFY(third.resize(10));
        third = std::move(other);
        QVERIFY(third.data()[12] == std::byte{7});
        QVERIFY(third.resize(0));
        QVERIFY(third.data() == nullptr);
    }
};

QTEST_GUILESS_MAIN(TestBuffers)
#include "tst_buffers.moc"
