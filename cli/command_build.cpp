#include <map>
#include <set>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/pool.h"
#include "base/temp_file.h"
#include "builder/build.h"
#include "cli/commands.h"
#include "cli/relock.h"
#include "cli/stopwatch.h"

namespace stamp::cli {
namespace {

build::BuildRequest to_request(const BuildCommand& command) {
  build::BuildRequest request;
  request.recipes = command.recipes;
  for (const std::string& text : command.platforms) {
    request.platforms.push_back(
        during("reading --platform", [&] { return oci::Platform::parse(text); }));
  }
  for (const std::string& text : command.outputs) {
    request.outputs.push_back(build::OutputSpec::parse(text));
  }
  request.locks = command.locked ? build::LockPolicy::locked : build::LockPolicy::resolve;
  return request;
}

build::BuildReport build_with(cache::Cache& cache, const workspace::Workspace& workspace,
                              const build::BuildRequest& request, Context& context) {
  return build::build(
      workspace, request,
      {cache, context.fetcher(), context.registries(), context.progress(),
       [&](const workspace::Recipe& recipe) { return relock(workspace, recipe, context); },
       context.scratch(), Pool::cpus()});
}

/// Builds the same again in an empty cache of its own and compares. Errors: differs.
void check_again(const build::BuildReport& first, const workspace::Workspace& workspace,
                 build::BuildRequest request, Context& context) {
  make_folders(context.scratch());
  const TempDir folder(context.scratch());
  cache::Cache empty(folder.path() / "cache", context.clock());
  request.outputs.clear();
  request.locks = build::LockPolicy::locked;
  const build::BuildReport second = build_with(empty, workspace, request, context);
  std::string differences;
  for (std::size_t i = 0; i < first.images.size(); ++i) {
    const build::ReportedImage& before = first.images[i];
    const build::ReportedImage& after = second.images.at(i);
    if (before.digest == after.digest) continue;
    differences +=
        fmt::format("\n  {}: {}, then {}", before.name, before.digest.str(), after.digest.str());
  }
  if (!differences.empty()) {
    throw Error(ErrorKind::differs, "built twice, and not the same came out" + differences,
                {.hint = "run 'stamp cache verify'; if it finds nothing, report this as a bug"});
  }
}

std::string to_json(const build::BuildReport& report, double seconds) {
  Json images = Json::array();
  for (const build::ReportedImage& image : report.images) {
    Json platforms = Json::array();
    for (const build::ReportedPlatform& platform : image.platforms) {
      Json layers = Json::array();
      for (const build::ReportedLayer& layer : platform.layers) {
        layers.push_back({{"digest", layer.digest.str()},
                          {"diff_id", layer.diff_id.str()},
                          {"size", layer.size},
                          {"reused", layer.reused}});
      }
      platforms.push_back({{"platform", platform.platform.str()},
                           {"digest", platform.digest.str()},
                           {"size", platform.size},
                           {"layers", std::move(layers)},
                           {"unconfigured", platform.unconfigured}});
    }
    images.push_back({{"name", image.name},
                      {"digest", image.digest.str()},
                      {"platforms", std::move(platforms)}});
  }
  const Json document = {{"images", std::move(images)},
                         {"seconds", seconds},
                         {"steps", {{"run", report.steps_run}, {"reused", report.steps_reused}}}};
  return document.dump(2) + "\n";
}

/// Packages that are in the image but not configured: that is said when they get there, with the
/// reason where their scripts were evaluated.
void list_unconfigured(const build::BuildReport& report, build::Progress& progress) {
  for (const build::ReportedImage& image : report.images) {
    std::set<std::string> names;
    std::map<std::string, std::string> reasons;
    bool is_new = false;
    for (const build::ReportedPlatform& platform : image.platforms) {
      for (const std::string& name : platform.unconfigured) {
        if (platform.reasons.count(name) == 0) names.insert(name);
      }
      reasons.insert(platform.reasons.begin(), platform.reasons.end());
      for (const build::ReportedLayer& layer : platform.layers) is_new = is_new || !layer.reused;
    }
    if (!is_new) continue;
    for (const auto& [name, reason] : reasons) {
      progress.warn(fmt::format("{}: package '{}' is unpacked, not configured: {}", image.name,
                                name, reason));
    }
    if (names.empty()) continue;
    std::string text;
    for (const std::string& name : names) text += " " + name;
    progress.note(fmt::format("{}: unpacked, not configured (scripts: skip), {} packages:{}",
                              image.name, names.size(), text));
  }
}

}  // namespace

void run(const BuildCommand& command, Context& context) {
  const Stopwatch time;
  const build::BuildRequest request = to_request(command);
  const workspace::Workspace workspace = context.open_workspace();
  const build::BuildReport report = build_with(context.cache(), workspace, request, context);
  if (command.check) check_again(report, workspace, request, context);
  list_unconfigured(report, context.progress());
  if (command.json) {
    print_result(to_json(report, time.seconds()));
    return;
  }
  std::string text;
  for (const build::ReportedImage& image : report.images) {
    text += fmt::format("{} {}\n", image.name, image.digest.str());
  }
  print_result(text);
}

}  // namespace stamp::cli
