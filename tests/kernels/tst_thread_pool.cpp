// The fork-join pool: every chunk once, results visible, no matter how many threads or how uneven the chunks.
#include <QtTest>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "inference/base/thread_pool.h"

using kinglet::ThreadPool;

class TestThreadPool : public QObject {
    Q_OBJECT

  private slots:
    void every_chunk_runs_once() {
        for (const unsigned threads : {0U, 1U, 2U, 3U, 8U}) {
            ThreadPool pool(threads);
            QCOMPARE(pool.size(), std::max(threads, 1U));
            for (const std::size_t chunks : {0, 1, 2, 3, 7, 64, 1000}) {
                // Plain memory on purpose: the join must make it visible, and a thread sanitizer would see a
                // race.
                std::vector<int> hits(chunks, 0);
                pool.parallel_for(chunks, [&](std::size_t chunk, unsigned) { ++hits[chunk]; });
                QVERIFY(std::all_of(hits.begin(), hits.end(), [](int hit) { return hit == 1; }));
            }
        }
    }

    void many_short_jobs_follow_each_other() {
        ThreadPool pool(4);
        std::vector<std::size_t> sums(4, 0);
        for (std::size_t round = 0; round < 5000; ++round) {
            pool.parallel_for(6, [&](std::size_t chunk, unsigned worker) { sums[worker] += chunk + round; });
        }
        std::size_t total = 0;
        for (const std::size_t sum : sums) total += sum;
        QCOMPARE(total, std::size_t{5000 * 15 + 6 * (4999 * 5000 / 2)});
    }

    void no_two_calls_share_a_worker() {
        ThreadPool pool(4);
        std::vector<std::atomic<bool>> busy(4);
        std::atomic<bool> shared{false};
        pool.parallel_for(400, [&](std::size_t, unsigned worker) {
            if (busy[worker].exchange(true)) shared = true;
            std::this_thread::yield();
            busy[worker] = false;
        });
        QVERIFY(!shared);
    }

    void chunks_go_to_whoever_is_free() {
        // The first chunk holds its thread until all others are done: they must not have been dealt to it.
        ThreadPool pool(2);
        std::atomic<int> done{0};
        pool.parallel_for(20, [&](std::size_t chunk, unsigned) {
            if (chunk == 0) {
                while (done.load() != 19) std::this_thread::yield();
            } else {
                ++done;
            }
        });
        QCOMPARE(done.load(), 19);
    }

    void sleeping_workers_wake() {
        ThreadPool pool(3);
        for (int round = 0; round < 20; ++round) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));  // far beyond the spin
            std::atomic<int> met{0};
            // Each chunk waits until two threads are inside, so the job ends only if a sleeper has woken.
            pool.parallel_for(2, [&](std::size_t, unsigned) {
                ++met;
                while (met.load() < 2) std::this_thread::yield();
            });
            QCOMPARE(met.load(), 2);
        }
    }

    void the_owner_may_change_threads() {
        ThreadPool pool(2);
        std::size_t total = 0;
        for (int round = 0; round < 10; ++round) {
            std::thread([&] {
                std::vector<std::size_t> parts(16);
                pool.parallel_for(16, [&](std::size_t chunk, unsigned) { parts[chunk] = chunk; });
                for (const std::size_t part : parts) total += part;
            }).join();
        }
        QCOMPARE(total, std::size_t{1200});
    }

    void pools_come_and_go() {
        for (int round = 0; round < 200; ++round) {
            ThreadPool pool(3);
            std::atomic<int> count{0};
            if (round % 2 == 0) pool.parallel_for(5, [&](std::size_t, unsigned) { ++count; });
            QCOMPARE(count.load(), round % 2 == 0 ? 5 : 0);
        }
    }
};

QTEST_GUILESS_MAIN(TestThreadPool)
#include "tst_thread_pool.moc"
