#include "builder/steps/package_set.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>

#include <fmt/core.h>

#include "base/error.h"
#include "base/pool.h"
#include "builder/image/image_database.h"
#include "builder/image/image_files.h"
#include "builder/steps/configure_packages.h"
#include "debian/dpkg_database.h"
#include "debian/file_conflicts.h"

namespace stamp::build {
namespace {

constexpr std::size_t kLoadedAtOnce = 8;
constexpr std::string_view kDatabase = "var/lib/dpkg/";

const PackageSegment& package_of(const PackagePiece& piece) {
  return std::get<PackageSegment>(piece.plan->what);
}

debian::ShippedKind kind_of(layer::EntryType type) {
  switch (type) {
    case layer::EntryType::directory:
      return debian::ShippedKind::folder;
    case layer::EntryType::symlink:
      return debian::ShippedKind::link;
    default:
      return debian::ShippedKind::other;
  }
}

/// Where a path of dpkg's lists ("/bin/ls", "/.") is in the image.
EntryPath image_path(const debian::MergedUsr& merged, std::string_view listed) {
  return merged.map(EntryPath::parse_member(listed));
}

/// The MD5 that the package itself gives for its files, by path in the image.
std::map<EntryPath, std::string> shipped_md5s(const debian::MergedUsr& merged,
                                              const debian::ControlArchive& control) {
  std::map<EntryPath, std::string> md5s;
  const debian::ControlMember* member = control.find("md5sums");
  std::string_view rest = member == nullptr ? std::string_view() : std::string_view(member->text);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.size() > 34) md5s.emplace(image_path(merged, line.substr(34)), line.substr(0, 32));
  }
  return md5s;
}

/// Whatever must be equal for two packages that are Multi-Arch: same to share a path.
std::string sameness_of(const layer::Entry& entry, const std::map<EntryPath, std::string>& md5s) {
  const auto md5 = md5s.find(entry.path);
  return fmt::format("{} {:o} {} {} {}", layer::describe(entry.type), entry.mode, entry.size,
                     entry.link_target, md5 == md5s.end() ? "" : md5->second);
}

/// All packages of the image, those of the layers below first, and what they ship.
class PackageSettler {
 public:
  /// What is to come of it: the layer, or only what scripts do.
  enum class Purpose { layer, evaluation };

  PackageSettler(const PackageLayerInput& input, SegmentStore& store, Purpose purpose)
      : input_(input), store_(store), purpose_(purpose) {
    if (input_.layer->packages->on_base) {
      image_.emplace(input_.below, store_);
      database_.emplace(read_image_database(*image_));
    }
    for (const InstalledPackage& package : found()) below_.push_back(package.status);
    for (const PackagePiece& piece : input_.installed) below_.push_back(piece.status);
    load_all();
  }

  PackageLayerPieces settle(const Remake& remake) {
    const std::vector<debian::ReplacedEntry> replaced = debian::resolve_file_conflicts(shipping_);
    shipping_.clear();
    std::vector<PackageVariant> variants(packages_.size());
    for (const debian::ReplacedEntry& entry : replaced) {
      PackageVariant& variant = variants[entry.package];
      (entry.stays_listed ? variant.shared : variant.given_up).push_back(entry.path);
    }
    PackageLayerPieces result;
    if (is_configured()) configure(variants, result);
    for (std::size_t i = 0; i < packages_.size(); ++i) {
      if (i < below_.size()) {
        if (!variants[i].given_up.empty()) give_up(i, variants[i].given_up);
        continue;
      }
      result.pieces.push_back(piece_of(i, variants[i], remake));
      if (!is_configured() && !debian::left_unconfigured(packages_[i].control).empty()) {
        result.unconfigured.push_back(package_of(piece_at(i)).package.name);
      }
    }
    if (made_) result.pieces.push_back(std::move(*made_));
    result.pieces.push_back(write_database());
    return result;
  }

  /// Only tells what scripts of the package at `position` of the layer do.
  ConfiguredPackages explain(std::size_t position, const Journal& journal) {
    std::vector<PackageVariant> variants(packages_.size());
    for (const debian::ReplacedEntry& entry : debian::resolve_file_conflicts(shipping_)) {
      PackageVariant& variant = variants[entry.package];
      (entry.stays_listed ? variant.shared : variant.given_up).push_back(entry.path);
    }
    return explain_configuration({input_, packages_, lists_, variants, below_}, store_,
                                 [&](const scripts::JournalEntry& entry) {
                                   if (entry.package == below_.size() + position) journal(entry);
                                 });
  }

 private:
  /// The packages that the database of a base has: they come first.
  std::span<const InstalledPackage> found() const {
    return database_ ? std::span<const InstalledPackage>(database_->packages)
                     : std::span<const InstalledPackage>();
  }

  /// Of a package that is not among those.
  const PackagePiece& piece_at(std::size_t i) const {
    const std::size_t below = below_.size();
    return i < below ? input_.installed[i - found().size()] : input_.packages[i - below];
  }

  const std::string& name_at(std::size_t i) const {
    return i < found().size() ? found()[i].unpacked.control.control.require("Package")
                              : package_of(piece_at(i)).package.name;
  }

  const debian::MergedUsr& merged_at(std::size_t i) const {
    return i < found().size() ? input_.layer->packages->merged : package_of(piece_at(i)).merged;
  }

  bool is_configured() const { return input_.layer->packages->configure.has_value(); }

  /// Evaluates the scripts: what they made of packages' entries goes into `variants`.
  void configure(std::vector<PackageVariant>& variants, PackageLayerPieces& result) {
    ConfiguredPackages done =
        configure_packages({input_, packages_, lists_, variants, below_}, store_);
    lists_.clear();
    for (std::size_t i = 0; i < variants.size(); ++i) {
      variants[i].overrides = std::move(done.overrides[i]);
    }
    states_ = std::move(done.states);
    made_ = std::move(done.made);
    made_database_files_ = std::move(done.database_files);
    std::sort(made_database_files_.begin(), made_database_files_.end());
    result.folders = std::move(done.folders);
    result.removed_folders = std::move(done.removed_folders);
    for (const auto& [name, reason] : done.unconfigured) result.unconfigured.push_back(name);
    result.reasons = std::move(done.unconfigured);
    result.new_ids = std::move(done.new_ids);
    result.unused_answers = std::move(done.unused_answers);
  }

  /// Reads what is stored of all packages, on several threads: that is most of the time that an
  /// evaluation takes.
  void load_all() {
    const std::size_t count = below_.size() + input_.packages.size();
    packages_.resize(count);
    shipping_.resize(count);
    changed_.resize(count);
    if (is_configured()) lists_.resize(input_.packages.size());
    std::map<std::string_view, std::size_t> names;
    for (std::size_t i = 0; i < count; ++i) ++names[name_at(i)];
    const auto instances = [&](std::size_t i) {
      return names.at(name_at(i)) > 1 ? Instances::several : Instances::one;
    };
    const std::size_t first_piece = found().size();
    if (database_) load_found(instances);
    const auto load_some = [&](std::size_t first) {
      for (std::size_t i = first; i < std::min(count, first + kLoadedAtOnce); ++i) {
        load(i, instances(i));
      }
    };
    if (count <= kLoadedAtOnce || input_.threads < 2) {
      for (std::size_t i = first_piece; i < count; i += kLoadedAtOnce) load_some(i);
      return;
    }
    Pool pool(input_.threads);
    for (std::size_t i = first_piece; i < count; i += kLoadedAtOnce) {
      pool.add([&, i] { load_some(i); });
    }
    pool.wait();
  }

  /// Whether a package is there for several architectures.
  enum class Instances { one, several };

  /// Takes what the database of a base has.
  template <typename InstancesOf>
  void load_found(const InstancesOf& instances) {
    for (std::size_t i = 0; i < found().size(); ++i) {
      packages_[i] = found()[i].unpacked;
      const debian::Stanza& control = packages_[i].control.control;
      debian::ShippingPackage& shipping = shipping_[i];
      shipping.name = control.get("Package");
      shipping.version = control.get("Version");
      shipping.architecture = control.get("Architecture");
      shipping.multi_arch = debian::parse_multi_arch(control.get("Multi-Arch"));
      shipping.replaces = control.get("Replaces");
      shipping.is_settled = true;
      std::map<EntryPath, std::string> md5s;
      const bool may_share =
          instances(i) == Instances::several && shipping.multi_arch == debian::MultiArch::same;
      if (may_share) md5s = shipped_md5s(merged_at(i), packages_[i].control);
      for (const debian::ShippedFile& file : packages_[i].files) {
        const EntryPath path = image_path(merged_at(i), file.path);
        const auto entry = image_->entries().find(path);
        if (entry == image_->entries().end()) continue;  // taken away since
        shipping.paths.push_back({path, kind_of(entry->second.type),
                                  may_share ? sameness_of(entry->second, md5s) : std::string()});
      }
    }
    image_.reset();
  }

  void load(std::size_t i, Instances instances) {
    const PackagePiece& piece = piece_at(i);
    const PackageSegment& segment = package_of(piece);
    const bool whole = purpose_ == Purpose::layer || instances == Instances::several;
    packages_[i] = whole ? store_.package(piece.stored) : store_.package_head(piece.stored);
    const debian::Stanza& control = packages_[i].control.control;
    debian::ShippingPackage& shipping = shipping_[i];
    shipping.name = segment.package.name;
    shipping.version = segment.package.version;
    shipping.architecture = segment.package.architecture;
    shipping.multi_arch = debian::parse_multi_arch(control.get("Multi-Arch"));
    shipping.replaces = control.get("Replaces");
    std::map<EntryPath, std::string> md5s;
    const bool may_share =
        instances == Instances::several && shipping.multi_arch == debian::MultiArch::same;
    if (may_share) md5s = shipped_md5s(segment.merged, packages_[i].control);
    layer::SegmentList list = store_.list(piece.stored);
    shipping.paths.reserve(list.entries.size() + list.directories.size());
    for (const layer::ListedEntry& listed : list.entries) {
      shipping.paths.push_back({listed.entry.path, kind_of(listed.entry.type),
                                may_share ? sameness_of(listed.entry, md5s) : std::string()});
    }
    for (const layer::NeededDirectory& folder : list.directories) {
      if (folder.origin == layer::DirectoryOrigin::declared) {
        shipping.paths.push_back({folder.entry.path, debian::ShippedKind::folder, ""});
      }
    }
    const std::size_t below = below_.size();
    if (is_configured() && i >= below) lists_[i - below] = std::move(list);
  }

  debian::PackageStatus status_of(std::size_t i) const {
    if (i < below_.size()) return below_[i];
    return states_.empty() ? debian::PackageStatus::unpacked : states_[i - below_.size()];
  }

  /// Files of the database that are in the image as scripts, here or below, left them.
  bool is_there(const debian::DatabaseFile& file) const {
    const auto& made = made_database_files_;
    if (std::binary_search(made.begin(), made.end(), file.path)) return true;
    if (database_) {
      const auto before = database_->texts.find(file.path.substr(kDatabase.size()));
      return before != database_->texts.end() && before->second == file.text;
    }
    const bool changed_by_tools =
        file.path == "var/lib/dpkg/diversions" || file.path == "var/lib/dpkg/statoverride";
    const bool below = std::any_of(
        input_.installed.begin(), input_.installed.end(),
        [](const PackagePiece& piece) { return piece.status == debian::PackageStatus::installed; });
    return changed_by_tools && below;
  }

  /// The package of a layer below no longer owns these paths.
  void give_up(std::size_t package, const std::vector<EntryPath>& paths) {
    const debian::MergedUsr& merged = merged_at(package);
    std::erase_if(packages_[package].files, [&](const debian::ShippedFile& file) {
      return std::binary_search(paths.begin(), paths.end(), image_path(merged, file.path));
    });
    changed_[package] = true;
  }

  LayerPiece piece_of(std::size_t i, PackageVariant& variant, const Remake& remake) {
    const PackagePiece& piece = piece_at(i);
    changed_[i] = true;
    if (piece.stored.newest_mtime > input_.layer->epoch) variant.newest_mtime = input_.layer->epoch;
    if (variant.is_plain()) return {piece.plan->name, piece.stored};
    LayerPiece made = {piece.plan->name, remake(*piece.plan, variant)};
    packages_[i] = store_.package(made.segment);
    return made;
  }

  /// The architectures of the image: its own, then those of other packages.
  std::vector<std::string> architectures() const {
    const std::string& own = input_.layer->packages->architecture;
    std::set<std::string> others;
    for (const debian::UnpackedPackage& package : packages_) {
      const std::string architecture(package.control.control.get("Architecture"));
      if (architecture != "all" && architecture != own) others.insert(architecture);
    }
    std::vector<std::string> all = {own};
    all.insert(all.end(), others.begin(), others.end());
    return all;
  }

  LayerPiece write_database() {
    std::vector<debian::RegisteredPackage> registered;
    std::vector<debian::DatabaseFile> files;
    for (std::size_t i = 0; i < packages_.size(); ++i) {
      const bool is_found = i < found().size();
      if (!is_found) registered.push_back(debian::registered(packages_[i], status_of(i)));
      if (!changed_[i]) continue;
      for (debian::DatabaseFile& file : debian::info_files(packages_[i])) {
        // Of what a base has nothing but its list ever changes.
        if (!is_found || file.path.ends_with(".list")) files.push_back(std::move(file));
      }
    }
    for (debian::DatabaseFile& file : debian::dpkg_database(
             registered, architectures(), database_ ? database_->texts : debian::DatabaseTexts())) {
      files.push_back(std::move(file));
    }
    std::erase_if(files, [&](const auto& file) { return is_there(file); });
    std::sort(files.begin(), files.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    return write_files(files);
  }

  LayerPiece write_files(const std::vector<debian::DatabaseFile>& files) {
    const Encoding& encoding = input_.layer->encoding;
    const std::unique_ptr<cache::BlobWriter> blob = store_.new_blob();
    layer::SegmentOptions options;
    options.compression = encoding.compression;
    options.what = "dpkg's database";
    layer::SegmentWriter writer(*blob, options);
    layer::Entry entry;
    entry.mtime = input_.layer->mtime;
    entry.type = layer::EntryType::directory;
    entry.mode = 0755;
    for (const std::string& folder : debian::dpkg_folders()) {
      entry.path = EntryPath::parse_member(folder);
      writer.add_directory(entry);
    }
    entry.type = layer::EntryType::file;
    for (const debian::DatabaseFile& file : files) {
      entry.path = EntryPath::parse_member(file.path);
      entry.mode = file.mode;
      entry.size = file.text.size();
      BytesSourceView content(as_bytes(file.text));
      writer.add(entry, content);
    }
    const layer::Segment segment = writer.finish();
    LayerPiece piece;
    piece.name = "dpkg database";
    piece.segment = store_.store(*blob, segment);
    return piece;
  }

  const PackageLayerInput& input_;
  SegmentStore& store_;
  Purpose purpose_;
  std::optional<ImageFiles> image_;           ///< of the layers below, on a base, for a while
  std::optional<ImageDatabase> database_;     ///< that of the layers below, on a base
  std::vector<debian::PackageStatus> below_;  ///< of the packages of the layers below
  std::vector<debian::UnpackedPackage> packages_;
  std::vector<debian::ShippingPackage> shipping_;
  std::vector<bool> changed_;              ///< whether the layer writes the package's info files
  std::vector<layer::SegmentList> lists_;  ///< of the layer's packages, where they are configured
  std::vector<debian::PackageStatus> states_;
  std::optional<LayerPiece> made_;
  std::vector<std::string> made_database_files_;
};

}  // namespace

PackageLayerPieces settle_packages(const PackageLayerInput& input, SegmentStore& store,
                                   const Remake& remake) {
  return PackageSettler(input, store, PackageSettler::Purpose::layer).settle(remake);
}

ConfiguredPackages explain_packages(const PackageLayerInput& input, std::size_t position,
                                    SegmentStore& store, const Journal& journal) {
  return PackageSettler(input, store, PackageSettler::Purpose::evaluation)
      .explain(position, journal);
}

}  // namespace stamp::build
