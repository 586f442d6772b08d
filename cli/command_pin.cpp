#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/image_locks.h"
#include "cli/left_alone.h"
#include "cli/manifest_paths.h"
#include "pin/diff.h"
#include "pin/plan.h"

namespace stamp::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPinsLock = "pins.lock";
/// Changes that the message of a check names.
constexpr std::size_t kShown = 10;

/// pins.lock as it was read.
struct PinsFile {
  fs::path path;
  std::optional<Digest> digest;  ///< nothing: it is not there
  pin::PinsLock pins;
};

PinsFile read_pins(const workspace::Workspace& workspace) {
  const fs::path path = workspace.folder / kPinsLock;
  if (!fs::exists(path)) return {path, std::nullopt, {}};
  const std::string text = read_file(path);
  return {fs::canonical(path), Digest::of(text), pin::parse_pins_lock(kPinsLock, text)};
}

/// Errors: usage.
pin::PinRequest request_of(const PinCommand& command, const workspace::Workspace& workspace) {
  pin::PinRequest request;
  request.own = pin::own_images(workspace, command.to);
  request.all = command.all;
  if (request.own.empty() && !request.all) {
    throw Error(ErrorKind::usage, "cannot pin the workspace's images: no repository is named",
                {.hint = "--to REGISTRY/PATH/{name}, or 'publish: {repository: …}' in stamp.yaml"});
  }
  request.update.all = command.update_all;
  for (const std::string& repository : command.update) {
    request.update.repositories.push_back(
        during("reading --update", [&] { return oci::Reference::parse_repository(repository); }));
  }
  const bool updates = command.update_all || !command.update.empty();
  if (updates && !command.all) {
    throw Error(
        ErrorKind::usage, "cannot update the images of others: they are pinned with --all",
        {.hint = "stamp pin --all --update; the workspace's images: stamp push, stamp pin"});
  }
  if (updates && (command.offline || command.check)) {
    throw Error(ErrorKind::usage, fmt::format("cannot update with {}: registries are not asked",
                                              command.offline ? "--offline" : "--check"));
  }
  if (!command.image_lock.empty() && !command.all) {
    throw Error(ErrorKind::usage, "cannot use --image-lock: it is about the images of others",
                {.hint = "stamp pin --all --image-lock FILE"});
  }
  if (!command.output.empty() && (command.check || command.diff)) {
    throw Error(ErrorKind::usage, "cannot use --output with --check or --diff: they write nothing");
  }
  return request;
}

pin::Wanted wanted_by(const pin::PinRequest& request) {
  std::vector<oci::Reference> own;
  for (const pin::OwnImage& image : request.own) own.push_back(image.repository);
  return request.all ? pin::Wanted::any(std::move(own)) : pin::Wanted::repositories(std::move(own));
}

std::string digest_or(const std::optional<Digest>& digest, const char* otherwise) {
  return digest ? digest->str() : otherwise;
}

/// The image that a place names, without digest.
std::string image_of(const pin::Finding& finding) {
  oci::Reference image = finding.place.reference;
  image.digest.reset();
  return image.str();
}

std::string line_of(const pin::Findings& findings, const pin::PinChange& change) {
  const pin::FileFindings& file = findings.files[change.file];
  const pin::Finding& finding = file.findings[change.finding];
  return fmt::format("{}:{}: {} {} -> {}\n", printable(file.file.name), finding.position.line,
                     image_of(finding), digest_or(change.from, "unpinned"),
                     digest_or(change.to, "not known yet"));
}

Json place_json(const pin::FileFindings& file, const pin::Finding& finding) {
  return {{"file", file.file.name},
          {"line", finding.position.line},
          {"column", finding.position.column},
          {"kind", finding.place.kind},
          {"path", finding.place.path}};
}

Json to_json(const std::vector<LeftAlone>& all) {
  Json json = Json::array();
  for (const LeftAlone& left : all) {
    json.push_back(
        {{"file", left.file}, {"line", left.line}, {"path", left.path}, {"reason", left.reason}});
  }
  return json;
}

std::string to_json(const pin::Findings& findings, const pin::PinPlan& plan, bool written) {
  Json changes = Json::array();
  for (const pin::PinChange& change : plan.changes) {
    const pin::FileFindings& file = findings.files[change.file];
    const pin::Finding& finding = file.findings[change.finding];
    Json item = place_json(file, finding);
    item["image"] = image_of(finding);
    if (!change.recipe.empty()) item["recipe"] = change.recipe;
    if (change.from) item["from"] = change.from->str();
    if (change.to) item["to"] = change.to->str();
    changes.push_back(std::move(item));
  }
  const Json document = {{"changes", std::move(changes)},
                         {"unchanged", plan.unchanged},
                         {"left_alone", to_json(left_alone_by(plan, findings))},
                         {"files", findings.looked_at},
                         {"written", written}};
  return document.dump(2) + "\n";
}

/// Errors: differs, when something is to change.
void throw_if_stale(const pin::Findings& findings, const pin::PinPlan& plan) {
  if (plan.changes.empty()) return;
  std::string headline = fmt::format("{} of {} references do not name the right digest",
                                     plan.changes.size(), plan.changes.size() + plan.unchanged);
  for (std::size_t i = 0; i < std::min(kShown, plan.changes.size()); ++i) {
    const std::string line = line_of(findings, plan.changes[i]);
    headline += "\n  " + line.substr(0, line.size() - 1);
  }
  if (plan.changes.size() > kShown) {
    headline += fmt::format("\n  and {} more", plan.changes.size() - kShown);
  }
  throw Error(ErrorKind::differs, std::move(headline), {.hint = "stamp pin"});
}

/// Errors: unavailable, naming an image whose digest only a registry knows.
void throw_if_unknown(const pin::Findings& findings, const pin::PinPlan& plan) {
  for (const pin::PinChange& change : plan.changes) {
    if (change.to) continue;
    const pin::FileFindings& file = findings.files[change.file];
    const pin::Finding& finding = file.findings[change.finding];
    throw Error(
        ErrorKind::unavailable,
        fmt::format("cannot pin '{}' offline: pins.lock does not have it", image_of(finding)),
        {.input = fmt::format("{}:{}", file.file.name, finding.position.line),
         .hint = "stamp pin --all, where registries can be asked"});
  }
}

/// Keeps what pins.lock says of images that this run did not look for: other paths may name them.
pin::PinsLock merged(const pin::PinRequest& request, const pin::PinPlan& plan, bool is_whole) {
  pin::PinsLock pins = plan.pins;
  if (!is_whole) pins.images.insert(request.pins.images.begin(), request.pins.images.end());
  return pins;
}

/// Changes the manifests, and pins.lock before them: were it after them, a run that was killed
/// would have a second one take back what an update moved. All files or none.
void write_changes(std::vector<pin::FileChange> texts, const PinsFile& before,
                   const pin::PinsLock& pins) {
  if (pins != before.pins) {
    texts.insert(texts.begin(), {before.path, kPinsLock, before.digest, pin::serialize(pins)});
  }
  pin::change_files(texts);
}

std::string diff_of(const std::vector<pin::FileChange>& changes) {
  std::string text;
  for (const pin::FileChange& change : changes) {
    text += pin::unified_diff(change.name, read_file(change.path, pin::kMaxManifest), change.text);
  }
  return text;
}

}  // namespace

void run(const PinCommand& command, Context& context) {
  const workspace::Workspace workspace = context.open_workspace();
  pin::PinRequest request = request_of(command, workspace);
  const PinsFile pins = request.all ? read_pins(workspace) : PinsFile();
  request.pins = pins.pins;
  std::optional<ImageLockOutput> output;
  if (!command.output.empty()) output = ImageLockOutput::parse(command.output);
  if (!command.image_lock.empty()) take_image_lock(command.image_lock, request.pins);
  const pin::Findings findings =
      pin::find_in_files(pin::list_manifests(manifest_paths(command.paths, workspace)),
                         wanted_by(request), workspace.settings.pin);
  const bool asks = !command.check && !command.offline;
  std::optional<pin::RegistryDigests> registries;
  if (asks) registries.emplace(context.registries());
  const pin::PinPlan plan = asks ? pin::plan_online(findings, request, *registries)
                                 : pin::plan_offline(findings, request);
  if (!command.json) tell(left_alone_by(plan, findings), context.progress());
  for (const std::string& warning : plan.warnings) {
    context.progress().warn("warning: " + printable(warning));
  }
  if (!command.check) throw_if_unknown(findings, plan);
  const bool writes = !command.check && !command.diff && !output;
  std::vector<pin::FileChange> texts;
  if (writes || command.diff) texts = pin::new_texts(findings, plan, workspace.settings.pin);
  if (writes) {
    write_changes(texts, pins,
                  request.all ? merged(request, plan, command.paths.empty()) : pins.pins);
  }
  if (output) {
    replace_file(output->file,
                 pin::image_lock_text(output->kind, image_lock_of(findings, request, plan)));
  }
  if (command.json) {
    print_result(to_json(findings, plan, writes));
  } else if (command.diff) {
    print_result(diff_of(texts));
  } else if (writes) {
    std::string text;
    for (const pin::PinChange& change : plan.changes) text += line_of(findings, change);
    print_result(text);
  }
  if (command.check) throw_if_stale(findings, plan);
}

namespace {

std::string list_line(const pin::FileFindings& file, const pin::Finding& finding) {
  const pin::Place& place = finding.place;
  std::string text =
      fmt::format("{}:{}: {} {}", printable(file.file.name), finding.position.line,
                  place.reference.digest ? "pinned" : "unpinned", place.reference.str());
  if (!place.obstacle.empty()) text += fmt::format(" ({})", place.obstacle);
  if (!place.note.empty()) text += fmt::format(" ({})", place.note);
  return text + "\n";
}

std::string list_json(const pin::Findings& findings, const std::vector<pin::OwnImage>& own) {
  Json images = Json::array();
  for (const pin::FileFindings& file : findings.files) {
    for (const pin::Finding& finding : file.findings) {
      Json item = place_json(file, finding);
      item["reference"] = finding.place.reference.str();
      item["pinned"] = finding.place.reference.digest.has_value();
      const pin::OwnImage* image = pin::find_own(own, finding.place.reference);
      if (image != nullptr) item["recipe"] = image->recipe;
      if (!finding.place.obstacle.empty()) item["obstacle"] = finding.place.obstacle;
      if (!finding.place.note.empty()) item["note"] = finding.place.note;
      images.push_back(std::move(item));
    }
  }
  const Json document = {{"images", std::move(images)},
                         {"left_alone", to_json(left_alone_in(findings))},
                         {"files", findings.looked_at}};
  return document.dump(2) + "\n";
}

}  // namespace

void run(const PinListCommand& command, Context& context) {
  const workspace::Workspace workspace = context.open_workspace();
  const pin::Findings findings =
      pin::find_in_files(pin::list_manifests(manifest_paths(command.paths, workspace)),
                         pin::Wanted::any(), workspace.settings.pin, pin::Unreadable::remark);
  if (command.json)
    return print_result(list_json(findings, pin::own_images(workspace, command.to)));
  tell(left_alone_in(findings), context.progress());
  std::string text;
  for (const pin::FileFindings& file : findings.files) {
    for (const pin::Finding& finding : file.findings) text += list_line(file, finding);
  }
  print_result(text);
}

}  // namespace stamp::cli
