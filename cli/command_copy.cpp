#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"
#include "builder/output/copy_image.h"
#include "cli/commands.h"
#include "cli/stopwatch.h"

namespace stamp::cli {
namespace {

build::CopyRequest request_of(const CopyCommand& command) {
  build::CopyRequest request;
  request.from = build::ImagePlace::parse(command.from);
  request.to = build::ImagePlace::parse(command.to);
  if (!command.platform.empty()) request.platform = oci::Platform::parse(command.platform);
  if (command.referrers) request.referrers = build::WithReferrers::yes;
  return request;
}

std::string to_json(const build::CopyRequest& request, const build::CopiedImage& copied,
                    double seconds) {
  Json referrers = Json::array();
  for (const build::Referrer& referrer : copied.referrers) {
    referrers.push_back({{"subject", referrer.subject.str()},
                         {"digest", referrer.descriptor.digest.str()},
                         {"artifact_type", referrer.descriptor.artifact_type}});
  }
  const Json document = {
      {"source", request.from.text},
      {"destination", request.to.text},
      {"digest", copied.image.digest.str()},
      {"media_type", copied.image.media_type},
      {"referrers", std::move(referrers)},
      {"unchanged", copied.written.unchanged},
      {"bytes", {{"sent", copied.written.sent}, {"mounted", copied.written.mounted}}},
      {"requests", copied.requests},
      {"seconds", seconds}};
  return document.dump(2) + "\n";
}

}  // namespace

void run(const CopyCommand& command, Context& context) {
  const Stopwatch time;
  const build::CopyRequest request = request_of(command);
  const build::CopiedImage copied =
      build::copy_image(request, {context.registries(), context.progress(), context.scratch()});
  if (command.json) {
    print_result(to_json(request, copied, time.seconds()));
    return;
  }
  print_result(fmt::format("{} {}\n", request.to.text, copied.image.digest.str()));
}

}  // namespace stamp::cli
