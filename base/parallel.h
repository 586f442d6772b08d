#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <numeric>
#include <vector>

#include "base/pool.h"

namespace stamp {

/// Makes a result for each of the numbers from 0 in `order`, each of which is there once, on as
/// many threads as there are processors. They are begun in that order; the results are by number.
/// Errors: that of the lowest number whose `make` has one, whatever the threads did first.
template <typename Result>
std::vector<Result> make_all(const std::vector<std::size_t>& order,
                             const std::function<Result(std::size_t)>& make) {
  std::deque<std::packaged_task<Result()>> tasks;
  for (std::size_t i = 0; i < order.size(); ++i) tasks.emplace_back([&make, i] { return make(i); });
  const std::size_t threads = std::min(Pool::cpus(), tasks.size());
  if (threads > 1) {
    Pool pool(threads);
    for (const std::size_t i : order) pool.add([&tasks, i] { tasks[i](); });
    pool.wait();
  } else {
    for (const std::size_t i : order) tasks[i]();
  }
  std::vector<Result> results;
  results.reserve(tasks.size());
  for (auto& task : tasks) results.push_back(task.get_future().get());
  return results;
}

/// The same for each number below `count`, begun in their order.
template <typename Result>
std::vector<Result> make_all(std::size_t count, const std::function<Result(std::size_t)>& make) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return make_all(order, make);
}

}  // namespace stamp
