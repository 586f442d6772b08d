#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/signature.h"
#include "builder/inputs/registry_bases.h"
#include "builder/sharing/shared_plan.h"
#include "builder/sharing/shared_pull.h"
#include "builder/sharing/shared_push.h"
#include "cli/commands.h"
#include "cli/stopwatch.h"
#include "oci/reference.h"

namespace stamp::cli {
namespace {

constexpr std::size_t kShownProblems = 10;

/// Where results are shared: what the command says, else the workspace, else the user. Errors:
/// usage; invalid.
oci::Reference repository_of(const std::string& said, const workspace::Workspace& workspace,
                             const Context& context) {
  for (const std::string& name :
       {said, workspace.settings.cache_repository, context.settings().shared_cache.repository}) {
    if (!name.empty()) return oci::Reference::parse_repository(name);
  }
  throw Error(
      ErrorKind::usage, "cannot share results: no repository is named",
      {.hint = "'cache: {repository: REGISTRY/PATH}' in stamp.yaml or in your config.yaml"});
}

/// The key that results are signed with; nothing: none was named.
std::optional<SigningKey> signing_key(const std::filesystem::path& said, const Context& context) {
  const std::filesystem::path& path =
      said.empty() ? context.settings().shared_cache.signing_key : said;
  if (path.empty()) return std::nullopt;
  return SigningKey::load(path);
}

std::vector<VerifyingKey> trusted_keys(const std::vector<std::filesystem::path>& said,
                                       const Context& context) {
  const workspace::SharedCacheSettings& settings = context.settings().shared_cache;
  std::vector<VerifyingKey> keys;
  for (const std::filesystem::path& path : said.empty() ? settings.trusted_keys : said) {
    keys.push_back(VerifyingKey::load(path));
  }
  return keys;
}

std::string counted(std::size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

Json to_json(const registry::Traffic& traffic) {
  return {{"sent", traffic.bytes_sent}, {"received", traffic.bytes_received}};
}

build::Plan plan_of(const workspace::Workspace& workspace, const std::vector<std::string>& recipes,
                    Context& context) {
  build::RegistryBases bases(context.registries(), context.cache(), context.progress());
  return build::plan_as_locked(workspace, recipes, bases);
}

/// What was not right with results, for people.
void warn(const build::TakenResults& taken, const build::Trust& trust, build::Progress& progress) {
  for (std::size_t i = 0; i < std::min(taken.refused.size(), kShownProblems); ++i) {
    progress.warn(fmt::format("'{}' was not taken: {}", taken.refused[i].step,
                              printable(taken.refused[i].why, 300)));
  }
  if (taken.refused.size() > kShownProblems) {
    progress.warn(fmt::format("and {} more of that kind", taken.refused.size() - kShownProblems));
  }
  if (trust.keys.empty()) {
    progress.warn(
        "no key is trusted: blobs were taken, and no result of a step; name public keys "
        "in 'cache: {trusted-keys: […]}' of your config.yaml");
  } else if (!taken.strangers.empty()) {
    // Anybody may have put such results there, under as many names as they like.
    const std::size_t shown = std::min(taken.strangers.size(), kShownProblems);
    const auto end = std::next(taken.strangers.begin(), static_cast<std::ptrdiff_t>(shown));
    progress.warn(fmt::format(
        "some results were left where they are: they are signed by nobody who is trusted ({}{})",
        fmt::join(taken.strangers.begin(), end, ", "),
        taken.strangers.size() > shown ? fmt::format(" and {} more", taken.strangers.size() - shown)
                                       : ""));
  }
}

}  // namespace

void run(const CachePushCommand& command, Context& context) {
  const Stopwatch time;
  const workspace::Workspace workspace = context.open_workspace();
  const oci::Reference repository = repository_of(command.to, workspace, context);
  const std::optional<SigningKey> key = signing_key(command.key, context);
  const build::ResultSigner signer = {key ? &*key : nullptr, "stamp " STAMP_VERSION};
  const build::Plan plan = plan_of(workspace, command.recipes, context);
  build::ResultPusher pusher(context.registries(), context.cache(), context.progress());
  const build::SharedResults shared =
      pusher.push(plan, repository, signer,
                  command.repair ? build::SendResults::all : build::SendResults::lacking);
  if (!key) {
    context.progress().warn(
        "nothing was signed: others take the blobs, and no result of a step; "
        "name a private key with --key or 'cache: {signing-key: …}' of your "
        "config.yaml");
  }
  if (shared.not_built > 0) {
    context.progress().warn(fmt::format("this cache lacks {}, which others will have to build",
                                        counted(shared.not_built, "result")));
  }
  if (command.json) {
    const Json document = {
        {"repository", repository.repository_str()},
        {"signer", key ? Json(key->verifying_key().fingerprint().str()) : Json()},
        {"results",
         {{"pushed", shared.pushed}, {"present", shared.present}, {"not_built", shared.not_built}}},
        {"blobs", shared.blobs},
        {"bytes", to_json(shared.traffic)},
        {"requests", shared.traffic.requests},
        {"seconds", time.seconds()}};
    print_result(document.dump(2) + "\n");
    return;
  }
  print_result(fmt::format("{}: {} pushed in {}, {} there before\n", repository.repository_str(),
                           counted(shared.pushed, "result"), counted(shared.blobs, "blob"),
                           shared.present));
}

void run(const CachePullCommand& command, Context& context) {
  const Stopwatch time;
  const workspace::Workspace workspace = context.open_workspace();
  const oci::Reference repository = repository_of(command.from, workspace, context);
  const std::vector<VerifyingKey> keys = trusted_keys(command.trust, context);
  build::Trust trust;
  for (const VerifyingKey& key : keys) trust.keys.push_back(&key);
  const build::Plan plan = plan_of(workspace, command.recipes, context);
  build::ResultPuller puller(context.registries(), context.cache(), context.progress());
  const build::TakenResults taken =
      puller.pull(plan, repository, trust, [&](const build::ImagePlan& image) {
        const std::vector<std::string>& asked = command.recipes;
        return asked.empty() ||
               std::find(asked.begin(), asked.end(), image.recipe->name) != asked.end();
      });
  warn(taken, trust, context.progress());
  if (command.json) {
    Json refused = Json::array();
    for (const build::RefusedResult& each : taken.refused) {
      refused.push_back({{"step", each.step}, {"why", printable(each.why)}});
    }
    const Json document = {
        {"repository", repository.repository_str()},
        {"results",
         {{"taken", taken.taken}, {"present", taken.present}, {"lacking", taken.lacking}}},
        {"refused", std::move(refused)},
        {"strangers", taken.strangers},
        {"blobs", taken.blobs},
        {"bytes", to_json(taken.traffic)},
        {"requests", taken.traffic.requests},
        {"seconds", time.seconds()}};
    print_result(document.dump(2) + "\n");
  } else {
    print_result(fmt::format("{}: {} taken in {}, {} here before, {} not to be had\n",
                             repository.repository_str(), counted(taken.taken, "result"),
                             counted(taken.blobs, "blob"), taken.present, taken.lacking));
  }
  if (!taken.refused.empty()) {
    throw Error(ErrorKind::corrupt,
                fmt::format("{} in {} {} not right and {} not taken",
                            counted(taken.refused.size(), "result"), repository.repository_str(),
                            taken.refused.size() == 1 ? "is" : "are",
                            taken.refused.size() == 1 ? "was" : "were"),
                {.hint = "build goes on from what was taken; 'stamp cache push --repair' on a "
                         "machine that built it mends the repository"});
  }
}

}  // namespace stamp::cli
