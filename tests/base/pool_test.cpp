#include "base/pool.h"

#include <atomic>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "tests/expect_error.h"

namespace stamp {
namespace {

TEST(Pool, RunsAllTasks) {
  std::atomic<int> sum{0};
  Pool pool(3);
  for (int i = 1; i <= 100; ++i) pool.add([&sum, i] { sum += i; });
  pool.wait();
  EXPECT_EQ(sum, 5050);
}

TEST(Pool, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  Pool pool(1);
  for (int i = 0; i < 50; ++i) pool.add([&order, i] { order.push_back(i); });
  pool.wait();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(order.at(static_cast<std::size_t>(i)), i);
}

TEST(Pool, TasksMayAddTasks) {
  std::atomic<int> done{0};
  Pool pool(2);
  pool.add([&] {
    ++done;
    pool.add([&] {
      ++done;
      pool.add([&] { ++done; });
    });
  });
  pool.wait();
  EXPECT_EQ(done, 3);
}

TEST(Pool, TheFirstErrorStopsTheRestAndComesOut) {
  std::atomic<int> ran{0};
  Pool pool(1);
  pool.add([] { throw Error(ErrorKind::io, "first"); });
  for (int i = 0; i < 100; ++i) {
    pool.add([&ran] {
      ++ran;
      throw Error(ErrorKind::io, "later");
    });
  }
  EXPECT_EQ(message_of([&] { pool.wait(); }), "stamp: error: first\n");
  EXPECT_EQ(ran, 0);
}

TEST(Pool, CanBeUsedAgainAfterAnError) {
  Pool pool(2);
  pool.add([] { throw Error(ErrorKind::io, "x"); });
  EXPECT_EQ(kind_of([&] { pool.wait(); }), ErrorKind::io);
  EXPECT_FALSE(pool.failed());
  bool ran = false;
  pool.add([&ran] { ran = true; });
  pool.wait();
  EXPECT_TRUE(ran);
}

TEST(Pool, RunningTasksSeeThatAnotherFailed) {
  Pool pool(2);
  std::atomic<bool> noticed{false};
  pool.add([&] {
    while (!pool.failed()) std::this_thread::yield();
    noticed = true;
  });
  pool.add([] { throw Error(ErrorKind::io, "x"); });
  EXPECT_EQ(kind_of([&] { pool.wait(); }), ErrorKind::io);
  EXPECT_TRUE(noticed);
}

TEST(Pool, HasAtLeastOneCpu) {
  EXPECT_GE(Pool::cpus(), 1U);
}

TEST(Guarded, CountsRightWithManyThreads) {
  Guarded<int> count;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&count] {
        for (int i = 0; i < 1000; ++i) ++*count.lock();
      });
    }
  }
  EXPECT_EQ(*count.lock(), 4000);
}

TEST(Guarded, WaitsForAChange) {
  Guarded<bool> ready;
  std::jthread setter([&ready] {
    *ready.lock() = true;
    ready.notify_all();
  });
  ready.lock().wait([](bool value) { return value; });
  EXPECT_TRUE(*ready.lock());
}

}  // namespace
}  // namespace stamp
