#include "builder/steps/package_segment.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "debian/deb_file.h"
#include "layer/tar_reader.h"

namespace stamp::build {
namespace {

/// Whether the path is the copyright file of a package, which goes along unless it is named itself.
bool is_copyright(const EntryPath& path) {
  return path.name() == "copyright" && path.parent().parent().str() == "usr/share/doc";
}

bool is_excluded(const std::vector<Glob>& exclude, const EntryPath& path) {
  return std::any_of(exclude.begin(), exclude.end(), [&](const Glob& glob) {
    return glob.matches(path.str()) && (glob.is_literal() || !is_copyright(path));
  });
}

class Unpacker {
 public:
  Unpacker(debian::DebFile& deb, const PackageSegment& package, const PackageVariant& variant,
           layer::SegmentWriter& writer)
      : deb_(deb),
        package_(package),
        variant_(variant),
        writer_(writer),
        what_(fmt::format("package '{}'", package.package.name)),
        tar_(deb.data(), what_) {}

  std::vector<debian::ShippedFile> run() {
    while (std::optional<layer::Entry> entry = tar_.next()) add(std::move(*entry));
    return std::move(files_);
  }

 private:
  void add(layer::Entry entry) {
    debian::ShippedFile shipped;
    shipped.path = debian::list_name(entry.path.str());
    const EntryPath original = entry.path;
    entry.path = package_.merged.map(original);
    if (is_excluded(package_.exclude, entry.path) || is_excluded(package_.exclude, original) ||
        contains(variant_.given_up, entry.path)) {
      left_out_.insert(entry.path);
      return;
    }
    const PackageOverride* change = override_of(entry.path);
    if (contains(variant_.shared, entry.path)) {
      left_out_.insert(entry.path);
    } else if (change != nullptr && change->removed) {
      left_out_.insert(entry.path);
      if (entry.type == layer::EntryType::file) shipped.md5 = md5_of(shipped.path);
    } else if (entry.type != layer::EntryType::symlink || !package_.merged.is_link(original)) {
      // A link that merges /usr is the layer's own.
      if (change != nullptr) entry = change->now;
      if (variant_.newest_mtime) entry.mtime = std::min(entry.mtime, *variant_.newest_mtime);
      if (change != nullptr && entry.type == layer::EntryType::hardlink) {
        writer_.add(entry);  // its target is that in the image already
      } else {
        write(entry, shipped);
      }
    }
    files_.push_back(std::move(shipped));
  }

  void write(layer::Entry& entry, debian::ShippedFile& shipped) {
    switch (entry.type) {
      case layer::EntryType::directory:
        if (folders_.insert(entry.path).second) writer_.add_directory(entry);
        break;
      case layer::EntryType::symlink:
        writer_.add(entry);
        break;
      case layer::EntryType::hardlink:
        write_hard_link(entry);
        break;
      case layer::EntryType::file:
        write_file(entry, shipped);
        break;
      default:
        throw Error(ErrorKind::corrupt,
                    fmt::format("cannot unpack {}: '{}' is a {}, which no package may ship", what_,
                                entry.path.absolute(), layer::describe(entry.type)));
    }
  }

  /// What scripts made of the entry at `path`; null when nothing.
  const PackageOverride* override_of(const EntryPath& path) const {
    const auto& all = variant_.overrides;
    const auto found = std::lower_bound(
        all.begin(), all.end(), path,
        [](const PackageOverride& each, const EntryPath& wanted) { return each.path < wanted; });
    return found != all.end() && found->path == path ? &*found : nullptr;
  }

  /// The MD5 of the file at which the archive stands, where the database needs it.
  std::string md5_of(const std::string& listed) {
    if (!debian::wants_md5(deb_.control(), listed)) return "";
    Md5 md5;
    for (Bytes chunk = tar_.next_chunk(); !chunk.empty(); chunk = tar_.next_chunk()) {
      md5.update(chunk);
    }
    return md5.finish_hex();
  }

  static bool contains(const std::vector<EntryPath>& sorted, const EntryPath& path) {
    return std::binary_search(sorted.begin(), sorted.end(), path);
  }

  void write_hard_link(layer::Entry& entry) {
    const EntryPath target = package_.merged.map(EntryPath::parse_member(entry.link_target));
    if (left_out_.count(target) != 0) {
      throw Error(ErrorKind::invalid,
                  fmt::format("cannot unpack {}: '{}' is a hard link to '{}', which is left out",
                              what_, entry.path.absolute(), target.absolute()),
                  {.hint = "exclude both, or neither"});
    }
    entry.link_target = target.str();
    writer_.add(entry);
  }

  void write_file(const layer::Entry& entry, debian::ShippedFile& shipped) {
    if (!debian::wants_md5(deb_.control(), shipped.path)) {
      writer_.add(entry, tar_);
      return;
    }
    Md5 md5;
    writer_.begin(entry);
    for (Bytes chunk = tar_.next_chunk(); !chunk.empty(); chunk = tar_.next_chunk()) {
      md5.update(chunk);
      writer_.write(chunk);
    }
    writer_.end();
    shipped.md5 = md5.finish_hex();
  }

  debian::DebFile& deb_;
  const PackageSegment& package_;
  const PackageVariant& variant_;
  layer::SegmentWriter& writer_;
  std::string what_;
  layer::TarReader tar_;
  std::vector<debian::ShippedFile> files_;
  std::set<EntryPath> folders_;
  std::set<EntryPath> left_out_;
};

}  // namespace

UnpackedSegment unpack_package(Source& deb, const PackageSegment& package,
                               const PackageVariant& variant, const UnpackOptions& options,
                               Sink& out) {
  const workspace::LockedPackage& locked = package.package;
  const std::string what = fmt::format("package '{}'", locked.name);
  std::optional<layer::DecoderContext> own;
  debian::DebFile file(deb, what, options.decoder != nullptr ? *options.decoder : own.emplace());
  debian::check_identity(file.control().control,
                         {locked.name, locked.version, locked.architecture});
  layer::SegmentWriter writer(out, options.segment);
  UnpackedSegment unpacked;
  unpacked.package.files = Unpacker(file, package, variant, writer).run();
  unpacked.package.control = file.control();
  unpacked.segment = writer.finish();
  return unpacked;
}

}  // namespace stamp::build
