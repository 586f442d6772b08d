#include <span>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/manifest_paths.h"
#include "cli/stopwatch.h"
#include "pin/kept_references.h"
#include "pin/manifests.h"
#include "pin/own_image.h"
#include "pin/unreferenced.h"

namespace stamp::cli {
namespace {

using Removal = pin::TagRemoval;

/// The images of the workspace. Errors: usage (they are published nowhere, or several in one place,
/// or where results are shared, which no manifest names).
std::vector<pin::OwnImage> images_of(const workspace::Workspace& workspace,
                                     const Context& context) {
  if (workspace.settings.repository.empty()) {
    throw Error(ErrorKind::usage, "cannot look for unreferenced tags: no repository is named",
                {.hint = "'publish: {repository: …}' in stamp.yaml"});
  }
  std::vector<pin::OwnImage> own = pin::own_images(workspace);
  for (const std::string& shared :
       {workspace.settings.cache_repository, context.settings().shared_cache.repository}) {
    if (shared.empty()) continue;
    const auto repository = oci::Reference::parse_repository(shared);
    if (pin::find_own(own, repository) == nullptr) continue;
    throw Error(ErrorKind::usage,
                fmt::format("cannot look for unreferenced tags in {}: results are shared there",
                            repository.repository_str()),
                {.hint = "share results in a repository of their own"});
  }
  return own;
}

/// What is in the manifests, and in the recipes and locks of the workspace.
pin::KeptReferences references(const GcCommand& command, const workspace::Workspace& workspace,
                               const std::vector<pin::OwnImage>& own) {
  std::vector<oci::Reference> repositories;
  repositories.reserve(own.size());
  for (const pin::OwnImage& image : own) repositories.push_back(image.repository);
  pin::KeptReferences kept(std::move(repositories));
  std::vector<std::filesystem::path> paths = usual_manifest_paths(workspace);
  paths.insert(paths.end(), command.paths.begin(), command.paths.end());
  const std::vector<pin::ManifestFile> files = pin::list_manifests(paths);
  const pin::Findings findings =
      pin::find_in_files(files, pin::Wanted::any(), workspace.settings.pin);
  for (const pin::FileFindings& file : findings.files) {
    for (const pin::Finding& finding : file.findings) kept.add(finding.place.reference);
  }
  for (const pin::ManifestFile& file : files) kept.add_text(file.name, read_file(file.path));
  if (!kept.name_any() && command.remove) {
    throw Error(
        ErrorKind::usage,
        "cannot delete what is not referenced: no manifest names an image of this workspace",
        {.hint = "--referenced-by the folders of all manifests that run its images"});
  }
  for (const workspace::Recipe& recipe : workspace.recipes) kept.add_text(recipe.file, recipe.text);
  for (const pin::OwnImage& image : own) {
    const std::filesystem::path lock = workspace.folder / image.lock;
    std::error_code none;
    if (std::filesystem::exists(lock, none)) kept.add_text(image.lock, read_file(lock));
  }
  return kept;
}

void warn_of_unclear(const pin::KeptReferences& kept, const GcCommand& command, Context& context) {
  if (kept.unclear().empty()) return;
  if (command.remove) {
    throw Error(ErrorKind::invalid,
                "cannot delete what is not referenced: a manifest names an image with a tag or "
                "digest that is made elsewhere",
                {.input = kept.unclear().front(),
                 .hint = "write the tag and the digest there, or delete by hand"});
  }
  for (const std::string& place : kept.unclear()) {
    context.progress().warn(fmt::format(
        "{}: an image with a tag or digest that is made elsewhere: what it is cannot be told",
        place));
  }
}

std::string_view name_of(Removal removal) {
  switch (removal) {
    case Removal::listed:
      return "listed";
    case Removal::tag:
      return "tag";
    case Removal::manifest:
      return "manifest";
    case Removal::moved:
      return "moved";
    case Removal::gone:
      return "gone";
  }
  return {};
}

std::string_view said_of(Removal removal) {
  switch (removal) {
    case Removal::listed:
      return "";
    case Removal::tag:
      return "deleted ";
    case Removal::manifest:
      return "deleted with its manifest ";
    case Removal::moved:
      return "left, since it was moved meanwhile, ";
    case Removal::gone:
      return "gone already ";
  }
  return {};
}

std::string to_text(const pin::PublishedTags& published,
                    std::span<const pin::UnreferencedTag> done) {
  std::string text;
  for (const pin::UnreferencedTag& tag : done) {
    text += fmt::format("{}{}\n", said_of(tag.removal), tag.image.str());
  }
  return text + fmt::format("{} unreferenced, {} referenced\n", published.unreferenced.size(),
                            published.referenced);
}

std::string to_json(const pin::PublishedTags& published, double seconds) {
  Json tags = Json::array();
  for (const pin::UnreferencedTag& tag : published.unreferenced) {
    tags.push_back({{"reference", tag.image.str()},
                    {"repository", tag.image.repository_str()},
                    {"tag", tag.image.tag},
                    {"digest", tag.image.digest->str()},
                    {"removal", name_of(tag.removal)}});
  }
  const Json document = {{"unreferenced", std::move(tags)},
                         {"referenced", published.referenced},
                         {"seconds", seconds}};
  return document.dump(2) + "\n";
}

}  // namespace

void run(const GcCommand& command, Context& context) {
  const Stopwatch time;
  const workspace::Workspace workspace = context.open_workspace();
  const std::vector<pin::OwnImage> own = images_of(workspace, context);
  const pin::KeptReferences kept = references(command, workspace, own);
  warn_of_unclear(kept, command, context);
  pin::PublishedTags published = pin::find_unreferenced(own, kept, context.registries());
  if (command.remove) {
    for (pin::UnreferencedTag& tag : published.unreferenced) {
      tag.removal = pin::remove(tag, context.registries());
      const std::string line = fmt::format("{}{}", said_of(tag.removal), tag.image.str());
      // The document comes at the end, which an error may keep it from.
      if (command.json) {
        context.progress().note(line);
      } else {
        print_result(line + "\n");
      }
    }
  }
  if (command.json) {
    print_result(to_json(published, time.seconds()));
    return;
  }
  print_result(to_text(
      published, command.remove ? std::span<const pin::UnreferencedTag>()
                                : std::span<const pin::UnreferencedTag>(published.unreferenced)));
}

}  // namespace stamp::cli
