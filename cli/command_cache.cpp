#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"

namespace stamp::cli {

void run(const CacheStatsCommand& command, Context& context) {
  const cache::Stats stats = context.cache().stats();
  if (command.json) {
    const Json document = {{"folder", context.cache_folder().string()},
                           {"blobs", stats.blobs},
                           {"bytes", stats.bytes},
                           {"results", stats.results}};
    print_result(document.dump(2) + "\n");
    return;
  }
  print_result(fmt::format("folder   {}\nblobs    {}\nbytes    {}\nresults  {}\n",
                           context.cache_folder().string(), stats.blobs, stats.bytes,
                           stats.results));
}

void run(const CacheVerifyCommand& command, Context& context) {
  const cache::Verification found = context.cache().verify();
  if (command.json) {
    Json problems = Json::array();
    for (const cache::Problem& problem : found.problems) {
      problems.push_back({{"path", problem.path}, {"problem", problem.what}});
    }
    const Json document = {{"blobs", found.blobs},
                           {"bytes", found.bytes},
                           {"unindexed", found.unindexed},
                           {"problems", std::move(problems)}};
    print_result(document.dump(2) + "\n");
  } else {
    std::string text;
    for (const cache::Problem& problem : found.problems) {
      text += fmt::format("{}: {}\n", problem.path, problem.what);
    }
    text += fmt::format("{} blobs, {} bytes: {} bad\n", found.blobs, found.bytes,
                        found.problems.size());
    print_result(text);
  }
  if (!found.problems.empty()) {
    throw Error(ErrorKind::differs,
                fmt::format("the cache had {} damaged files", found.problems.size()),
                {.input = context.cache_folder().string(),
                 .hint = "build again: what was removed is made anew"});
  }
}

}  // namespace stamp::cli
