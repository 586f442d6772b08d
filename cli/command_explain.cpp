#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"
#include "base/pool.h"
#include "builder/explain.h"
#include "cli/commands.h"
#include "cli/relock.h"

namespace stamp::cli {
namespace {

std::string to_json(const build::Explanation& explanation) {
  Json events = Json::array();
  for (const build::ExplainedEvent& event : explanation.events) {
    events.push_back({{"script", printable(event.script)},
                      {"line", event.line},
                      {"event", event.event},
                      {"path", printable(event.path)},
                      {"detail", printable(event.detail)},
                      {"left_out", event.left_out}});
  }
  const Json document = {{"recipe", explanation.recipe},
                         {"platform", explanation.platform.str()},
                         {"package", explanation.package},
                         {"version", explanation.version},
                         {"architecture", explanation.architecture},
                         {"state", explanation.installed ? "installed" : "unpacked"},
                         {"reason", printable(explanation.reason)},
                         {"events", std::move(events)}};
  return document.dump(2) + "\n";
}

std::string to_text(const build::Explanation& explanation) {
  std::string text = fmt::format("{} {} ({}): {}", explanation.package, explanation.version,
                                 explanation.architecture,
                                 explanation.installed ? "installed" : "unpacked, not configured");
  if (!explanation.reason.empty()) text += ": " + printable(explanation.reason);
  text += "\n";
  for (const build::ExplainedEvent& event : explanation.events) {
    text += fmt::format("{}:{}: {} {}", printable(event.script), event.line, event.event,
                        printable(event.path));
    if (!event.detail.empty()) text += " " + printable(event.detail);
    if (!event.left_out.empty()) text += fmt::format(" (left out: {})", event.left_out);
    text += "\n";
  }
  return text;
}

}  // namespace

void run(const ExplainCommand& command, Context& context) {
  const workspace::Workspace workspace = context.open_workspace();
  build::ExplainRequest request{command.recipe, command.package, {}};
  if (!command.platform.empty()) {
    request.platform =
        during("reading --platform", [&] { return oci::Platform::parse(command.platform); });
  }
  const build::Explanation explanation = build::explain(
      workspace, request,
      {context.cache(), context.fetcher(), context.registries(), context.progress(),
       [&](const workspace::Recipe& recipe) { return relock(workspace, recipe, context); },
       context.scratch(), Pool::cpus()});
  print_result(command.json ? to_json(explanation) : to_text(explanation));
}

}  // namespace stamp::cli
