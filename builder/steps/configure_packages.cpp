#include "builder/steps/configure_packages.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "builder/image/image_files.h"
#include "builder/plan/package_record.h"
#include "builder/steps/kept_contents.h"
#include "debian/version.h"

namespace stamp::build {
namespace {

constexpr std::uint64_t kMaxFile = 256U << 20U;
constexpr std::string_view kDatabase = "var/lib/dpkg/";

int compare_versions(std::string_view a, std::string_view b) {
  const auto order = debian::compare_versions(a, b);
  if (order < 0) return -1;
  return order > 0 ? 1 : 0;
}

/// What becomes of the texts of an unpacked package: there are many.
enum class Texts { copied, taken };

std::string text_of(std::string& text, Texts texts) {
  return texts == Texts::taken ? std::move(text) : text;
}

/// A package as dpkg knows it.
scripts::Package package_of(debian::UnpackedPackage& unpacked, Texts texts) {
  const debian::Stanza& control = unpacked.control.control;
  scripts::Package package;
  package.name = control.get("Package");
  package.version = control.get("Version");
  package.architecture = control.get("Architecture");
  package.multi_arch_same = control.get("Multi-Arch") == "same";
  package.essential = control.get("Essential") == "yes";
  for (const debian::Field& field : control.fields()) package.fields[field.name] = field.value;
  for (debian::ControlMember& member : unpacked.control.members) {
    if (!is_data_member(member.name)) {
      package.members.emplace(member.name, text_of(member.text, texts));
    }
  }
  const auto conffiles = package.members.find("conffiles");
  package.files.reserve(unpacked.files.size());
  for (debian::ShippedFile& file : unpacked.files) {
    const bool is_conffile =
        !file.md5.empty() && conffiles != package.members.end() &&
        ("\n" + conffiles->second).find("\n" + file.path + "\n") != std::string::npos;
    if (is_conffile) package.conffiles.push_back({file.path, file.md5});
    package.files.push_back(text_of(file.path, texts));
  }
  return package;
}

bool contains(const std::vector<EntryPath>& sorted, const EntryPath& path) {
  return std::binary_search(sorted.begin(), sorted.end(), path);
}

layer::Entry link_to_usr(const std::string& folder, std::int64_t mtime) {
  layer::Entry link;
  link.path = EntryPath::parse_member(folder);
  link.type = layer::EntryType::symlink;
  link.mode = 0777;
  link.mtime = mtime;
  link.link_target = "usr/" + folder;
  return link;
}

/// Whether what runs containers brings something of its own in place of an entry: what lies in
/// /dev. Scripts see the devices that are always there.
bool is_of_engine(const layer::Entry& entry) {
  static const EntryPath kDevices = EntryPath::parse("/dev");
  const bool is_device = entry.type == layer::EntryType::character_device ||
                         entry.type == layer::EntryType::block_device;
  return is_device || (entry.path.is_within(kDevices) && entry.path != kDevices);
}

/// The contents of the image below and of the packages' segments.
class Contents final : public scripts::ContentReader {
 public:
  Contents(const ConfigureInput& input, const ImageFiles& below, SegmentStore& store)
      : input_(input), below_(below), segments_(store) {}

  std::string read(const scripts::Origin& file) override {
    if (file.segment == 0) {
      const ImageFiles::Place& place = below_.place(file.path());
      return segments_.read(*place.segment, {place.compression, {}}, place.path);
    }
    const std::size_t own = file.segment - 1 - input_.below.size();
    const PackagePiece& piece = input_.set.packages.at(own);
    return during("reading " + piece.plan->name,
                  [&] { return segments_.read(piece.stored, piece.plan->encoding, file.path()); });
  }

  /// Keeps what was read for the next evaluation.
  void keep() { segments_.keep(); }

 private:
  const ConfigureInput& input_;
  const ImageFiles& below_;
  KeptContents segments_;
};

/// Evaluates, and makes of the changes what a layer is put together from.
class Configurer {
 public:
  Configurer(const ConfigureInput& input, SegmentStore& store)
      : input_(input),
        layer_(*input.set.layer),
        plan_(layer_.packages->configure.value()),
        store_(store),
        below_(input.set.below, store),
        contents_(input, below_, store) {}

  ConfiguredPackages run() {
    add_links();
    scripts::Evaluation evaluation = evaluate(Texts::copied, {});
    result_.overrides.resize(input_.packages.size());
    take_overrides(evaluation.changes);
    write_made(evaluation.changes);
    take_folders(evaluation.changes);
    take_outcome(evaluation);
    return std::move(result_);
  }

  /// Only what became of the packages, without the changes.
  ConfiguredPackages explain(const Journal& journal) {
    add_links();
    scripts::Evaluation evaluation = evaluate(Texts::taken, journal);
    take_outcome(evaluation);
    return std::move(result_);
  }

 private:
  scripts::Evaluation evaluate(Texts texts, const Journal& journal) {
    scripts::Evaluation evaluation = scripts::evaluate(evaluation_input(texts), contents_, journal);
    contents_.keep();
    return evaluation;
  }

  void take_outcome(scripts::Evaluation& evaluation) {
    take_states(evaluation);
    result_.new_ids = {std::move(evaluation.new_users), std::move(evaluation.new_groups)};
    result_.unused_answers = std::move(evaluation.unused_answers);
    result_.left_out = std::move(evaluation.left_out);
  }

  std::size_t first_own() const { return input_.below.size(); }

  /// The links of a merged /usr are there before any package is unpacked.
  void add_links() {
    for (const std::string& folder : layer_.links.folders()) {
      links_.push_back(link_to_usr(folder, layer_.mtime));
    }
    for (const std::string& folder : layer_.multilib_links) {
      const EntryPath place = EntryPath::parse_member("usr/" + folder);
      const bool is_used = std::any_of(
          input_.lists.begin(), input_.lists.end(), [&](const layer::SegmentList& list) {
            return std::any_of(list.directories.begin(), list.directories.end(),
                               [&](const auto& each) { return each.entry.path == place; });
          });
      if (is_used) links_.push_back(link_to_usr(folder, layer_.mtime));
    }
    std::erase_if(links_, [&](const layer::Entry& link) {
      return below_.entries().find(link.path) != below_.entries().end();
    });
  }

  scripts::EvaluationInput evaluation_input(Texts texts) const {
    scripts::EvaluationInput input;
    input.architecture = layer_.packages->architecture;
    input.mtime = layer_.mtime;
    input.now = layer_.epoch;
    for (const layer::Entry& link : links_) input.below.push_back(&link);
    for (const auto& [path, entry] : below_.entries()) {
      if (!is_of_engine(entry)) input.below.push_back(&entry);
    }
    for (std::size_t i = 0; i < input_.packages.size(); ++i) {
      input.packages.push_back(package_of(input_.packages[i], texts));
      scripts::Package& package = input.packages.back();
      package.new_here = i >= first_own();
      if (package.new_here) {
        input.entries.push_back(entries_of(i));
      } else {
        const bool installed = input_.below[i] == debian::PackageStatus::installed;
        package.state =
            installed ? scripts::PackageState::installed : scripts::PackageState::unpacked;
        if (!installed) package.unconfigured_reason = "it was left so in a layer below";
        input.entries.emplace_back();
      }
    }
    input.users = plan_.ids.users;
    input.groups = plan_.ids.groups;
    input.answers = plan_.answers;
    input.accept_unconfigured = plan_.accept_unconfigured;
    input.compare_versions = compare_versions;
    input.elf_facts = [this](const scripts::Origin& file) { return elf_facts(file); };
    return input;
  }

  scripts::PackageEntries entries_of(std::size_t i) const {
    const layer::SegmentList& list = input_.lists[i - first_own()];
    const PackageVariant& variant = input_.variants[i];
    const auto is_here = [&](const EntryPath& path) {
      return !contains(variant.given_up, path) && !contains(variant.shared, path);
    };
    scripts::PackageEntries entries;
    for (const layer::NeededDirectory& folder : list.directories) {
      if (folder.origin == layer::DirectoryOrigin::declared && is_here(folder.entry.path)) {
        entries.push_back(&folder.entry);
      }
    }
    for (const layer::ListedEntry& listed : list.entries) {
      if (is_here(listed.entry.path)) entries.push_back(&listed.entry);
    }
    return entries;
  }

  std::optional<layer::ElfFacts> elf_facts(const scripts::Origin& file) const {
    if (file.segment == 0) {
      const auto& facts = below_.place(file.path()).elf;
      return facts == nullptr ? std::nullopt : std::optional(*facts);
    }
    if (file.segment <= first_own()) return std::nullopt;
    for (const layer::ListedEntry& listed : input_.lists[file.segment - 1 - first_own()].entries) {
      if (&listed.entry == file.entry) return listed.elf;
    }
    return std::nullopt;
  }

  /// Changes of packages' entries go to their segments, those of the image below into a new one.
  void take_overrides(const scripts::Changes& changes) {
    for (const scripts::Override& change : changes.overrides) {
      if (change.segment == 0) {
        below_changes_.push_back(&change);
      } else {
        result_.overrides[change.segment - 1].push_back({change.path, change.removed, change.now});
      }
    }
    for (std::size_t i = first_own(); i < result_.overrides.size(); ++i) {
      keep_contents_of_links(i);
    }
  }

  /// Where a name of a file went and a hard link to it became the file, the content is that of the
  /// entry that went: it takes the other's place.
  void keep_contents_of_links(std::size_t i) {
    std::vector<PackageOverride>& overrides = result_.overrides[i];
    for (const layer::ListedEntry& listed : input_.lists[i - first_own()].entries) {
      if (listed.entry.type != layer::EntryType::hardlink) continue;
      PackageOverride* link = find(overrides, listed.entry.path);
      if (link == nullptr || link->removed || link->now.type != layer::EntryType::file) continue;
      PackageOverride* target = find(overrides, EntryPath::parse_member(listed.entry.link_target));
      if (target == nullptr || !target->removed) continue;
      target->now = std::move(link->now);
      target->removed = false;
      link->removed = true;
      link->now = {};
    }
  }

  static PackageOverride* find(std::vector<PackageOverride>& overrides, const EntryPath& path) {
    const auto found = std::find_if(overrides.begin(), overrides.end(),
                                    [&](const auto& each) { return each.path == path; });
    return found == overrides.end() ? nullptr : &*found;
  }

  void write_made(const scripts::Changes& changes) {
    const std::unique_ptr<cache::BlobWriter> blob = store_.new_blob();
    layer::SegmentOptions options;
    options.compression = layer_.encoding.compression;
    options.content_digests = layer::ContentDigests::no;
    options.what = "what maintainer scripts made";
    layer::SegmentWriter writer(*blob, options);
    bool is_empty = true;
    for (const scripts::MadeEntry& made : changes.made) {
      add(writer, made);
      is_empty = false;
    }
    for (const scripts::Override* change : below_changes_) {
      is_empty = !write_below(writer, *change, changes) && is_empty;
    }
    for (const EntryPath& folder : changes.removed_folders) {
      const bool below = below_.entries().find(folder) != below_.entries().end();
      if (!below || is_made(changes, folder)) continue;
      writer.add_whiteout(folder, layer_.mtime);
      is_empty = false;
    }
    const layer::Segment segment = writer.finish();
    if (is_empty) return;
    result_.made = LayerPiece{"maintainer scripts", store_.store(*blob, segment)};
  }

  void add(layer::SegmentWriter& writer, const scripts::MadeEntry& made) {
    const layer::Entry& entry = made.entry;
    if (entry.path.str().starts_with(kDatabase)) {
      result_.database_files.push_back(entry.path.str());
    }
    if (entry.type == layer::EntryType::directory) {
      writer.add_directory(entry);
    } else if (entry.type != layer::EntryType::file) {
      writer.add(entry);
    } else if (made.text) {
      BytesSourceView content(as_bytes(*made.text));
      writer.add(entry, content);
    } else {
      const std::string text = made.origin ? contents_.read(*made.origin) : std::string();
      BytesSourceView content(as_bytes(text));
      writer.add(entry, content);
    }
  }

  static bool is_made(const scripts::Changes& changes, const EntryPath& path) {
    return std::any_of(changes.made.begin(), changes.made.end(),
                       [&](const auto& made) { return made.entry.path == path; });
  }

  /// Writes a change of the image below as an entry or a whiteout; false when there is nothing to
  /// write.
  bool write_below(layer::SegmentWriter& writer, const scripts::Override& change,
                   const scripts::Changes& changes) {
    const bool gone_with_folder =
        std::any_of(changes.removed_folders.begin(), changes.removed_folders.end(),
                    [&](const EntryPath& folder) { return change.path.is_within(folder); });
    const bool moved = change.removed || change.now.path != change.path;
    if (moved && !gone_with_folder && !is_made(changes, change.path)) {
      writer.add_whiteout(change.path, layer_.mtime);
    }
    if (change.removed) return !gone_with_folder && !is_made(changes, change.path);
    if (change.now.type == layer::EntryType::file) {
      const std::string text = below_.read(change.path, kMaxFile);
      BytesSourceView content(as_bytes(text));
      writer.add(change.now, content);
    } else {
      writer.add(change.now);
    }
    return true;
  }

  void take_folders(scripts::Changes& changes) {
    result_.folders = std::move(changes.folders);
    result_.removed_folders = std::move(changes.removed_folders);
    // Where a layer below has a link to a folder, what packages bring went where it leads.
    for (const layer::SegmentList& list : input_.lists) {
      for (const layer::NeededDirectory& folder : list.directories) {
        const auto below = below_.entries().find(folder.entry.path);
        const bool is_link =
            below != below_.entries().end() && below->second.type == layer::EntryType::symlink;
        if (is_link) result_.removed_folders.push_back(folder.entry.path);
      }
    }
  }

  void take_states(const scripts::Evaluation& evaluation) {
    for (std::size_t i = first_own(); i < evaluation.states.size(); ++i) {
      const bool installed = evaluation.states[i] == scripts::PackageState::installed;
      result_.states.push_back(installed ? debian::PackageStatus::installed
                                         : debian::PackageStatus::unpacked);
    }
    for (const auto& [i, reason] : evaluation.unconfigured) {
      if (i < first_own()) continue;
      result_.unconfigured.emplace(input_.packages[i].control.control.get("Package"), reason);
    }
  }

  const ConfigureInput& input_;
  const LayerPlan& layer_;
  const ConfigurePlan& plan_;
  SegmentStore& store_;
  ImageFiles below_;
  Contents contents_;
  std::vector<layer::Entry> links_;
  std::vector<const scripts::Override*> below_changes_;
  ConfiguredPackages result_;
};

}  // namespace

ConfiguredPackages configure_packages(const ConfigureInput& input, SegmentStore& store) {
  return Configurer(input, store).run();
}

ConfiguredPackages explain_configuration(const ConfigureInput& input, SegmentStore& store,
                                         const Journal& journal) {
  return Configurer(input, store).explain(journal);
}

}  // namespace stamp::build
