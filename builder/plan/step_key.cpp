#include "builder/plan/step_key.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/json.h"
#include "maintainer-scripts/dpkg/evaluate.h"

namespace stamp::build {
namespace {

// One version for each kind of step; see the header.
constexpr int kPackageVersion = 2;
constexpr int kEntriesVersion = 1;
constexpr int kArchiveVersion = 1;
constexpr int kCopyVersion = 1;
constexpr int kAccountsVersion = 1;
constexpr int kLayerVersion = 1;
// What scripts see of the programs and libraries below.
constexpr int kConfiguredOnVersion = 2;
constexpr int kBaseLayerVersion = 2;
constexpr int kImageVersion = 1;

Json document_of(std::string_view kind, int version) {
  return {{"kind", kind}, {"version", version}};
}

/// Text that may hold any bytes, as JSON can: names of files need not be UTF-8, so it is their
/// digits.
std::string exact(std::string_view text) {
  return to_hex(std::as_bytes(std::span(text)));
}

Json describe(const Encoding& encoding) {
  return {{"compression", layer::name(encoding.compression)},
          {"name", encoding.encoder.name},
          {"version", encoding.encoder.version},
          {"level", encoding.encoder.level}};
}

Json describe(const debian::MergedUsr& merged) {
  return merged.folders();
}

Json describe(const std::vector<Glob>& globs) {
  Json list = Json::array();
  for (const Glob& glob : globs) list.push_back(glob.str());
  return list;
}

Json describe(const layer::Entry& entry) {
  return {{"path", exact(entry.path.str())},
          {"type", layer::describe(entry.type)},
          {"mode", entry.mode},
          {"uid", entry.uid},
          {"gid", entry.gid},
          {"mtime", entry.mtime},
          {"size", entry.size},
          {"target", exact(entry.link_target)}};
}

Json describe(const std::vector<PackageOverride>& overrides) {
  Json list = Json::array();
  for (const PackageOverride& each : overrides) {
    Json now;
    if (!each.removed) {
      now = describe(each.now);
      for (const auto& [name, value] : each.now.xattrs) now["xattrs"][name] = exact(value);
    }
    list.push_back({exact(each.path.str()), std::move(now)});
  }
  return list;
}

Json describe(const ConfigurePlan& configure) {
  return {{"evaluation", scripts::evaluation_version()},
          {"answers", configure.answers},
          {"accept-unconfigured", configure.accept_unconfigured},
          {"users", configure.ids.users},
          {"groups", configure.ids.groups}};
}

Json describe(std::span<const Digest> keys) {
  Json list = Json::array();
  for (const Digest& key : keys) list.push_back(key.hex());
  return list;
}

/// Adds a text as canonical JSON has it.
void add_text(std::string& out, std::string_view text) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  });
  if (!is_plain) {
    out += canonical_json(text);
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

/// A list, each element of it made a text.
template <typename List, typename Text>
std::string list_text(const List& list, Text&& text) {
  std::string out = "[";
  for (const auto& each : list) {
    if (out.size() > 1) out += ',';
    add_text(out, text(each));
  }
  return out + "]";
}

std::string list_text(const std::vector<std::string>& texts) {
  return list_text(texts, [](const std::string& text) { return std::string_view(text); });
}

std::string text_of(const Encoding& encoding) {
  return canonical_json(describe(encoding));
}

std::string text_of(const debian::MergedUsr& merged) {
  return list_text(merged.folders());
}

/// The keys of segments, in their order.
std::string keys_text(const std::vector<SegmentId>& ids, const Plan& plan) {
  std::string out = "[";
  out.reserve(ids.size() * 67 + 2);
  for (const SegmentId id : ids) {
    out += out.size() > 1 ? R"(,")" : R"(")";
    out += plan.segments[id].key.hex();
    out += '"';
  }
  return out + "]";
}

std::string list_text(const std::vector<EntryPath>& paths) {
  return list_text(paths, [](const EntryPath& path) { return exact(path.str()); });
}

Digest key_of(const Json& document) {
  return Digest::of(canonical_json(document));
}

}  // namespace

PackageKeys::PackageKeys(const std::vector<Glob>& exclude, const debian::MergedUsr& merged,
                         const Encoding& encoding)
    : encoding_(text_of(encoding)),
      exclude_(list_text(exclude, [](const Glob& glob) { return glob.str(); })),
      merged_(text_of(merged)) {}

Digest PackageKeys::of(const workspace::LockedPackage& package,
                       const PackageVariant& variant) const {
  std::string text;
  text.reserve(1024);
  text += R"({"architecture":)";
  add_text(text, package.architecture);
  text += R"(,"deb":")" + package.digest.hex();
  text += R"(","encoding":)" + encoding_;
  text += R"(,"exclude":)" + exclude_;
  text += R"(,"given-up":)" + list_text(variant.given_up);
  text += R"(,"kind":"package","merged":)" + merged_;
  text += R"(,"name":)";
  add_text(text, package.name);
  text += R"(,"newest-mtime":)";
  text += variant.newest_mtime ? std::to_string(*variant.newest_mtime) : "null";
  if (!variant.overrides.empty()) {
    text += R"(,"overrides":)" + canonical_json(describe(variant.overrides));
  }
  text += R"(,"package-version":)";
  add_text(text, package.version);
  text += R"(,"shared":)" + list_text(variant.shared);
  text += fmt::format(R"(,"version":{}}})", kPackageVersion);
  return Digest::of(text);
}

Digest package_key(const PackageSegment& package, const Encoding& encoding,
                   const PackageVariant& variant) {
  return PackageKeys(package.exclude, package.merged, encoding).of(package.package, variant);
}

Digest entries_key(const EntriesSegment& segment, const Encoding& encoding) {
  Json document = document_of("entries", kEntriesVersion);
  Json entries = Json::array();
  for (const PlannedEntry& planned : segment.entries) {
    Json entry = describe(planned.entry);
    switch (planned.kind) {
      case PlannedEntry::Kind::plain:
        break;
      case PlannedEntry::Kind::text:
        entry["content"] = Digest::of(planned.text).hex();
        break;
      case PlannedEntry::Kind::source:
        entry["content"] = planned.source.digest.hex();
        break;
      case PlannedEntry::Kind::whiteout:
        entry["type"] = "whiteout";
        break;
    }
    entries.push_back(std::move(entry));
  }
  document["entries"] = std::move(entries);
  document["encoding"] = describe(encoding);
  return key_of(document);
}

Digest archive_key(const ArchiveSegment& segment, const Encoding& encoding) {
  Json document = document_of("archive", kArchiveVersion);
  document["archive"] = segment.archive.digest.hex();
  document["to"] = exact(segment.to.str());
  document["strip"] = segment.strip;
  document["include"] = describe(segment.selection.include);
  document["exclude"] = describe(segment.selection.exclude);
  document["uid"] = segment.uid;
  document["gid"] = segment.gid;
  document["mtime"] = segment.mtime;
  document["merged"] = describe(segment.merged);
  document["encoding"] = describe(encoding);
  return key_of(document);
}

Digest copy_key(const CopySegment& segment, std::span<const Digest> layers,
                const Encoding& encoding) {
  Json document = document_of("copy", kCopyVersion);
  document["layers"] = describe(layers);
  Json paths = Json::array();
  for (const workspace::CopiedPath& path : segment.paths) {
    paths.push_back({exact(path.from.str()), exact(path.to.str())});
  }
  document["paths"] = std::move(paths);
  document["mtime"] = segment.mtime;
  document["merged"] = describe(segment.merged);
  document["encoding"] = describe(encoding);
  return key_of(document);
}

Digest accounts_key(const AccountsSegment& segment, std::span<const Digest> layers,
                    const Encoding& encoding) {
  Json document = document_of("accounts", kAccountsVersion);
  document["layers"] = describe(layers);
  Json users = Json::array();
  for (const workspace::User& user : segment.accounts.users) {
    users.push_back({user.name, user.uid, user.gid, user.home, user.shell});
  }
  Json groups = Json::array();
  for (const workspace::Group& group : segment.accounts.groups) {
    groups.push_back({group.name, group.gid});
  }
  document["users"] = std::move(users);
  document["groups"] = std::move(groups);
  document["mtime"] = segment.mtime;
  document["encoding"] = describe(encoding);
  return key_of(document);
}

Digest layer_key(const LayerPlan& layer, const Plan& plan) {
  const Json below = layer.below ? Json(plan.layers[*layer.below].key.hex()) : Json();
  if (layer.base) {
    Json document = document_of("layer", kBaseLayerVersion);
    const oci::Descriptor& blob = layer.base->descriptor;
    document["below"] = below;
    document["base"] = {{"annotations", blob.annotations},
                        {"digest", blob.digest.hex()},
                        {"media-type", blob.media_type}};
    return key_of(document);
  }
  // Written by hand, as the keys of packages are: its lists are long.
  std::string text = fmt::format(R"({{"below":{},"encoding":{},"epoch":{},"kind":"layer","links":)",
                                 canonical_json(below), text_of(layer.encoding), layer.epoch);
  text += text_of(layer.links);
  text += fmt::format(R"(,"mtime":{},"multilib-links":)", layer.mtime);
  text += list_text(layer.multilib_links);
  if (layer.packages) {
    text += R"(,"packages":{"architecture":)";
    add_text(text, layer.packages->architecture);
    if (layer.packages->configure) {
      text += R"(,"configure":)" + canonical_json(describe(*layer.packages->configure));
    }
    text += R"(,"installed":)" + keys_text(layer.packages->installed, plan);
    if (layer.packages->on_base) text += R"(,"on-base":true)";
    text += "}";
  }
  text += R"(,"segments":)" + keys_text(layer.segments, plan);
  const bool is_configured = layer.packages && layer.packages->configure;
  text += fmt::format(R"(,"version":{}}})",
                      is_configured && layer.below ? kConfiguredOnVersion : kLayerVersion);
  return Digest::of(text);
}

Digest image_key(const ImagePlan& image, const Plan& plan) {
  Json document = document_of("image", kImageVersion);
  Json layers = Json::array();
  for (const LayerId id : image.layers) layers.push_back(plan.layers[id].key.hex());
  document["layers"] = std::move(layers);
  document["config"] = image.config.serialize();
  document["annotations"] = image.annotations;
  return key_of(document);
}

}  // namespace stamp::build
