#include <fmt/core.h>

#include "base/json.h"
#include "cli/commands.h"
#include "layer/codec.h"
#include "workspace/lock.h"
#include "workspace/stamp_yaml.h"

namespace stamp::cli {
namespace {

Json describe(layer::Compression compression) {
  const layer::Encoder encoder = layer::current_encoder(compression);
  return {{"name", encoder.name}, {"version", encoder.version}, {"level", encoder.level}};
}

}  // namespace

void run(const VersionCommand& command) {
  if (!command.json) {
    print_result(fmt::format("stamp {}\n", STAMP_VERSION));
    return;
  }
  const Json document = {
      {"version", STAMP_VERSION},
      {"formats",
       {{"stamp.yaml", workspace::kWorkspaceFormat}, {"stamp.lock", workspace::kLockFormat}}},
      {"encoders",
       {describe(layer::Compression::zstd), describe(layer::Compression::gzip),
        describe(layer::Compression::none)}}};
  print_result(document.dump(2) + "\n");
}

void run(const HelpCommand& command) {
  print_result(command.text);
}

}  // namespace stamp::cli
