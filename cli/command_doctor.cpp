#include <algorithm>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"
#include "builder/progress.h"
#include "cli/commands.h"
#include "cli/left_alone.h"
#include "cli/manifest_paths.h"
#include "cli/stopwatch.h"
#include "pin/doctor.h"
#include "pin/manifests.h"

namespace stamp::cli {
namespace {

using Kind = pin::MissingPart::Kind;

/// Places that are named, of those that are not looked for.
constexpr std::size_t kShown = 10;

/// The references with a digest in the manifests that are asked for.
std::vector<pin::PinnedReference> pinned_in(const pin::Findings& findings) {
  std::vector<pin::PinnedReference> pinned;
  for (const pin::FileFindings& file : findings.files) {
    for (const pin::Finding& finding : file.findings) {
      if (!finding.place.reference.digest) continue;
      pinned.push_back({finding.place.reference, {file.file.name, finding.position.line}});
    }
  }
  return pinned;
}

void warn_of_left_alone(const pin::Findings& findings, build::Progress& progress) {
  const std::vector<LeftAlone> all = left_alone_in(findings);
  for (std::size_t i = 0; i < std::min(kShown, all.size()); ++i) {
    progress.warn(fmt::format("{}:{}: not looked for: {}", printable(all[i].file), all[i].line,
                              printable(all[i].reason)));
  }
  if (all.size() > kShown) {
    progress.warn(fmt::format("and {} more of that kind", all.size() - kShown));
  }
}

std::vector<oci::Platform> platforms_of(const DoctorCommand& command) {
  std::vector<oci::Platform> platforms;
  for (const std::string& text : command.platforms) {
    platforms.push_back(oci::Platform::parse(text));
  }
  return platforms;
}

std::string to_text(const pin::ExaminedImage& image) {
  if (image.missing.empty() && image.warnings.empty() && !image.unknown) return {};
  std::string text = fmt::format("{}: {}\n", image.places.front().str(), image.image.str());
  for (std::size_t i = 1; i < image.places.size(); ++i) {
    text += fmt::format("  also: {}\n", image.places[i].str());
  }
  for (const pin::MissingPart& part : image.missing) {
    text += fmt::format("  missing: {}\n", part.str());
  }
  for (const std::string& warning : image.warnings) text += fmt::format("  warning: {}\n", warning);
  if (image.unknown) text += fmt::format("  not known: {}\n", image.unknown->headline());
  if (!image.restore.empty()) text += fmt::format("  try: {}\n", image.restore);
  return text;
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::top:
      return "image";
    case Kind::platform:
      return "platform";
    case Kind::manifest:
      return "manifest";
    case Kind::config:
      return "config";
    case Kind::layer:
      return "layer";
  }
  return {};
}

Json to_json(const pin::MissingPart& part) {
  Json json = {{"part", name_of(part.kind)}};
  if (!part.platform.empty()) json["platform"] = part.platform;
  if (part.digest) json["digest"] = part.digest->str();
  if (part.kind == Kind::layer) json["number"] = part.number;
  if (part.found) json["found"] = *part.found;
  return json;
}

Json to_json(const pin::ExaminedImage& image) {
  Json places = Json::array();
  for (const pin::FileLine& place : image.places) {
    places.push_back({{"file", place.file}, {"line", place.line}});
  }
  Json missing = Json::array();
  for (const pin::MissingPart& part : image.missing) missing.push_back(to_json(part));
  return {{"image", image.image.str()},
          {"places", std::move(places)},
          {"missing", std::move(missing)},
          {"warnings", image.warnings},
          {"unknown", image.unknown ? Json(printable(image.unknown->headline())) : Json()},
          {"try", image.restore}};
}

/// What the images came to.
struct Outcome {
  std::size_t whole = 0;
  std::size_t broken = 0;
  std::size_t unknown = 0;
};

Outcome outcome_of(const std::vector<pin::ExaminedImage>& images) {
  Outcome outcome;
  for (const pin::ExaminedImage& image : images) {
    if (image.unknown) ++outcome.unknown;
    if (!image.missing.empty()) ++outcome.broken;
    if (!image.unknown && image.missing.empty()) ++outcome.whole;
  }
  return outcome;
}

std::string counted(std::size_t number, std::string_view one, std::string_view more) {
  return fmt::format("{} {}", number, number == 1 ? one : more);
}

void throw_what_failed(const Outcome& outcome) {
  if (outcome.unknown > 0) {
    const std::string others =
        outcome.broken > 0 ? fmt::format("; {} not whole", counted(outcome.broken, "is", "are"))
                           : "";
    throw Error(ErrorKind::network,
                fmt::format("cannot look for {}: no answer from the registry{}",
                            counted(outcome.unknown, "pinned image", "pinned images"), others));
  }
  if (outcome.broken > 0) {
    throw Error(ErrorKind::differs,
                fmt::format("{} not whole in the registry any more",
                            counted(outcome.broken, "pinned image is", "pinned images are")));
  }
}

}  // namespace

void run(const DoctorCommand& command, Context& context) {
  const Stopwatch time;
  const workspace::Workspace workspace = context.open_workspace();
  const std::vector<pin::OwnImage> own = pin::own_images(workspace);
  pin::Examination examination;
  examination.platforms = platforms_of(command);
  examination.defaults = workspace.settings.platforms;
  examination.own = own;
  const pin::Findings findings =
      pin::find_in_files(pin::list_manifests(manifest_paths(command.paths, workspace)),
                         pin::Wanted::any(), workspace.settings.pin);
  warn_of_left_alone(findings, context.progress());
  std::vector<pin::PinnedReference> pinned = pinned_in(findings);
  if (command.own) {
    std::erase_if(pinned, [&](const pin::PinnedReference& each) {
      return pin::find_own(own, each.reference) == nullptr;
    });
  }
  std::vector<pin::ExaminedImage> images;
  if (!pinned.empty()) {  // else no client is needed
    const build::Phase phase(context.progress(), "asking registries", 0, 0);
    images = pin::examine(pinned, examination, context.registries());
  }
  const Outcome outcome = outcome_of(images);
  if (command.json) {
    Json all = Json::array();
    for (const pin::ExaminedImage& image : images) all.push_back(to_json(image));
    const Json document = {{"images", std::move(all)},
                           {"whole", outcome.whole},
                           {"not_whole", outcome.broken},
                           {"unknown", outcome.unknown},
                           {"seconds", time.seconds()}};
    print_result(document.dump(2) + "\n");
  } else {
    std::string text;
    for (const pin::ExaminedImage& image : images) text += to_text(image);
    text += fmt::format("{} of {} whole\n", outcome.whole,
                        counted(images.size(), "pinned image", "pinned images"));
    print_result(text);
  }
  throw_what_failed(outcome);
}

}  // namespace stamp::cli
