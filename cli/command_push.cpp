#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"
#include "base/pool.h"
#include "builder/build.h"
#include "builder/output/publish.h"
#include "cli/commands.h"
#include "cli/relock.h"
#include "cli/stopwatch.h"
#include "oci/reference.h"
#include "workspace/published_repositories.h"

namespace stamp::cli {
namespace {

std::vector<std::string> tags_of(const PushCommand& command) {
  if (command.tags.empty()) return {"latest"};
  for (const std::string& tag : command.tags) {
    if (oci::is_tag(tag)) continue;
    throw Error(ErrorKind::usage,
                fmt::format("cannot set tag '{}': it is not a tag", printable(tag, 80)),
                {.hint = "a tag has letters, digits, '_', '.' and '-', at most 128, and begins "
                         "with one of the first three"});
  }
  return command.tags;
}

std::string reference_of(const build::Published& image) {
  oci::Reference reference = image.repository;
  reference.tag = image.tags.front();
  reference.digest = image.digest;
  return reference.str();
}

std::string to_json(const std::vector<build::Published>& published, double seconds) {
  Json images = Json::array();
  for (const build::Published& image : published) {
    images.push_back({{"name", image.name},
                      {"reference", reference_of(image)},
                      {"repository", image.repository.repository_str()},
                      {"tags", image.tags},
                      {"digest", image.digest.str()},
                      {"unchanged", image.unchanged},
                      {"bytes", {{"sent", image.sent}, {"mounted", image.mounted}}},
                      {"requests", image.requests}});
  }
  const Json document = {{"images", std::move(images)}, {"seconds", seconds}};
  return document.dump(2) + "\n";
}

}  // namespace

void run(const PushCommand& command, Context& context) {
  const Stopwatch time;
  const std::vector<std::string> tags = tags_of(command);
  const workspace::Workspace workspace = context.open_workspace();
  const workspace::Repositories repositories =
      workspace::published_repositories(workspace, command.recipes, command.to);
  build::Publisher publisher(context.registries(), context.cache(), context.progress());
  std::vector<build::Published> published;
  build::BuildRequest request;
  request.recipes = command.recipes;
  request.locks = command.locked ? build::LockPolicy::locked : build::LockPolicy::resolve;
  request.deliver = [&](const build::FinishedImage& image) {
    published.push_back(publisher.publish(image, repositories.at(image.name), tags));
  };
  static_cast<void>(build::build(
      workspace, request,
      {context.cache(), context.fetcher(), context.registries(), context.progress(),
       [&](const workspace::Recipe& recipe) { return relock(workspace, recipe, context); },
       context.scratch(), Pool::cpus()}));
  if (command.json) {
    print_result(to_json(published, time.seconds()));
    return;
  }
  std::string text;
  for (const build::Published& image : published) {
    text += fmt::format("{} {}\n", image.name, reference_of(image));
  }
  print_result(text);
}

}  // namespace stamp::cli
