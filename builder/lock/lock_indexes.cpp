#include "builder/lock/lock_indexes.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/temp_file.h"
#include "base/time.h"
#include "builder/inputs/places.h"
#include "builder/progress.h"
#include "debian/release.h"
#include "layer/codec.h"
#include "registry-client/url.h"

namespace stamp::build {
namespace {

/// apt's own limit.
constexpr std::uint64_t kMaxRelease = 10U << 20U;
/// Larger than any index of Debian by far.
constexpr std::uint64_t kMaxIndex = std::uint64_t{1} << 30U;

/// Dated trees are copies that a snapshot service makes a few times a day: the one of a day later
/// is the first that certainly has all that a Release file names, and packages that were superseded
/// on that day are still in it.
constexpr std::int64_t kSnapshotDelay = 24 * 60 * 60;

/// Whether an archive has a tree for each point of time below it.
bool has_dated_trees(std::string_view archive) {
  const std::size_t scheme = archive.find("://");
  return scheme != archive.npos && archive.substr(scheme + 3).starts_with("snapshot.");
}

/// A file of the folder, if it is there and readable.
std::optional<std::string> read_kept(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  return read_file(path, kMaxRelease);
}

std::string to_text(const registry::Validators& validators, const Digest& digest) {
  return canonical_json({{"digest", digest.str()},
                         {"etag", validators.etag},
                         {"last_modified", validators.last_modified},
                         {"url", validators.url}}) +
         "\n";
}

/// What was kept of a file and can still be used: its text, and what to ask its server.
struct KeptRelease {
  std::string text;
  registry::Validators validators;
};

std::optional<KeptRelease> read_kept_release(const std::filesystem::path& kept) {
  const std::optional<std::string> text = read_kept(kept);
  const std::optional<std::string> state = read_kept(kept.string() + ".json");
  if (!text || !state || !Json::accept(*state)) return std::nullopt;
  const Json document = Json::parse(*state);
  const auto word = [&](const char* name) {
    const bool there =
        document.is_object() && document.contains(name) && document.at(name).is_string();
    return there ? document.at(name).get<std::string>() : std::string();
  };
  if (word("digest") != Digest::of(*text).str()) return std::nullopt;
  return KeptRelease{*text, {word("url"), word("etag"), word("last_modified")}};
}

/// Whether a file has this size and digest.
bool has_content(const std::filesystem::path& path, const debian::ReleaseEntry& entry) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;
  if (std::filesystem::file_size(path, error) != entry.size || error) return false;
  FileSource file(path);
  HashSink hash;
  copy(file, hash);
  return hash.digest() == entry.digest;
}

layer::Format format_of(debian::IndexCompression compression) {
  switch (compression) {
    case debian::IndexCompression::xz:
      return layer::Format::xz;
    case debian::IndexCompression::gzip:
      return layer::Format::gzip;
    default:
      return layer::Format::none;
  }
}

/// A sink that can be started anew: a file without a name in the end.
class Scratch {
 public:
  explicit Scratch(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Sink& start() {
    sink_.reset();
    file_ = std::make_unique<TempFile>(folder_);
    sink_ = std::make_unique<FdSink>(file_->fd(), file_->path().string());
    return *sink_;
  }
  const std::filesystem::path& path() const { return file_->path(); }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<TempFile> file_;
  std::unique_ptr<FdSink> sink_;
};

}  // namespace

std::string source_key(const std::string& source, const std::string& suite) {
  return source + " " + suite;
}

LockIndexes::LockIndexes(const LockServices& services) : services_(services) {}

const CurrentRelease& LockIndexes::release(const workspace::Settings& settings,
                                           const workspace::PackageSource& source,
                                           const std::string& suite,
                                           const workspace::LockedRelease* before) {
  const auto key = std::make_pair(source.name, suite);
  auto found = releases_.find(key);
  if (found != releases_.end()) return found->second;
  std::error_code error;
  if (!std::filesystem::is_regular_file(source.keyring, error)) {
    throw Error(
        ErrorKind::invalid,
        render(settings.problem(source.keyring_position,
                                fmt::format("there is no keyring '{}'", source.keyring.string()))),
        {.hint = "install the archive's keyring, for Debian the package "
                 "debian-archive-keyring"});
  }
  const std::string keyring = read_file(source.keyring);
  return releases_.emplace(key, fetch(source, suite, keyring, before)).first->second;
}

CurrentRelease LockIndexes::fetch(const workspace::PackageSource& source, const std::string& suite,
                                  const std::string& keyring,
                                  const workspace::LockedRelease* before) const {
  const std::string what = fmt::format("InRelease of {} {}", source.name, suite);
  const std::string tree =
      has_dated_trees(source.archive) ? format_compact(services_.clock.now()) : std::string();
  const auto places = services_.places.urls(source.archive, tree,
                                            debian::dists_url("", suite, "InRelease").substr(1));
  const std::filesystem::path kept =
      services_.indexes / "releases" / Digest::of(source.archive + "\n" + suite).hex();
  make_folders(kept.parent_path());
  std::string failures;
  for (const std::string& place : places) {
    try {
      return verify(source, suite, keyring, fetch_from(place, kept, what), before);
    } catch (const Error& error) {
      const bool other_place_may_do =
          error.kind() == ErrorKind::network || error.kind() == ErrorKind::denied ||
          error.kind() == ErrorKind::io || error.kind() == ErrorKind::corrupt;
      if (!other_place_may_do) throw;
      if (place == places.back()) {
        throw Error(error.kind(), error.headline() + failures, error.details());
      }
      failures += fmt::format("\n  before that, at {}: {}", registry::redacted_url(place),
                              error.headline());
    }
  }
  throw Error(ErrorKind::unavailable, fmt::format("cannot fetch the {}: no place to try", what));
}

std::string LockIndexes::fetch_from(const std::string& place, const std::filesystem::path& kept,
                                    const std::string& what) const {
  registry::DownloadRequest request{.what = what,
                                    .places = {place},
                                    .limit = kMaxRelease,
                                    .hint = "check the network, or name a mirror in config.yaml"};
  std::optional<KeptRelease> known = read_kept_release(kept);
  if (known && known->validators.url == place) request.validators = known->validators;
  StringSink text;
  const registry::DownloadResult result = services_.downloader.download(request, [&]() -> Sink& {
    static_cast<void>(text.take());
    return text;
  });
  if (result.outcome == registry::DownloadOutcome::not_modified) return known->text;
  if (known && known->text == text.text() && known->validators == result.validators) {
    return text.take();
  }
  // The state last: it counts only with the text that it belongs to.
  replace_file(kept, text.text());
  replace_file(kept.string() + ".json", to_text(result.validators, result.digest));
  return text.take();
}

CurrentRelease LockIndexes::verify(const workspace::PackageSource& source, const std::string& suite,
                                   const std::string& keyring, const std::string& text,
                                   const workspace::LockedRelease* before) const {
  return during(
      fmt::format("checking the InRelease of {} {}", source.name, suite), ErrorKind::corrupt, [&] {
        const std::int64_t now = services_.clock.now();
        CurrentRelease current;
        current.verified =
            debian::verify_inrelease(services_.resolver, text, {.keyring = keyring, .time = now});
        const debian::Release& release = current.verified.release;
        debian::ReleaseExpectation expectation{
            .suite = suite, .components = source.components, .now = now};
        if (before != nullptr && before->archive == source.archive) {
          expectation.locked_date = before->date;
          expectation.locked_origin = before->origin;
          expectation.locked_codename = before->codename;
        }
        debian::check_release(release, expectation);
        current.locked = {.source = source.name,
                          .archive = source.archive,
                          .suite = suite,
                          .origin = release.origin,
                          .codename = release.codename,
                          .date = release.date,
                          .valid_until = release.valid_until,
                          .key = current.verified.fingerprint,
                          .digest = current.verified.digest,
                          .size = text.size()};
        if (has_dated_trees(source.archive)) {
          current.locked.snapshot = format_compact(release.date + kSnapshotDelay);
        }
        return current;
      });
}

std::vector<debian::ResolveIndex> LockIndexes::packages(const workspace::PackageSource& source,
                                                        const CurrentRelease& release,
                                                        const std::string& architecture) {
  std::vector<debian::ResolveIndex> indexes;
  for (const std::string& component : source.components) {
    const auto files = debian::packages_indexes(release.verified.release, component, architecture);
    for (const debian::IndexFile& file : files) {
      indexes.push_back(
          {source_key(source.name, release.locked.suite), index_text(source, release, file)});
    }
  }
  return indexes;
}

std::filesystem::path LockIndexes::index_text(const workspace::PackageSource& source,
                                              const CurrentRelease& release,
                                              const debian::IndexFile& index) {
  const std::filesystem::path folder = services_.indexes / "packages";
  std::filesystem::path path = folder / index.unpacked.digest.hex();
  if (checked_.count(path) != 0) return path;
  if (has_content(path, index.unpacked)) {
    checked_.insert(path);
    return path;
  }
  const std::string what =
      fmt::format("index {} of {} {}", index.path, source.name, release.locked.suite);
  if (index.unpacked.size > kMaxIndex || index.packed.size > kMaxIndex) {
    throw Error(ErrorKind::corrupt,
                fmt::format("cannot fetch the {}: it is larger than 1 GiB", what));
  }
  const std::string tree =
      has_dated_trees(source.archive) ? format_compact(services_.clock.now()) : std::string();
  registry::DownloadRequest request{.what = what,
                                    .size = index.packed.size,
                                    .digest = index.packed.digest,
                                    .hint =
                                        "the mirror may be in the middle of an update: try "
                                        "again in a few minutes"};
  // By its digest first: that is the same file however the archive moves on.
  for (const std::string& name : {index.by_hash, index.path}) {
    if (name.empty()) continue;
    const auto urls = services_.places.urls(
        source.archive, tree, debian::dists_url("", release.locked.suite, name).substr(1));
    request.places.insert(request.places.end(), urls.begin(), urls.end());
  }
  make_folders(folder);
  make_folders(services_.scratch);
  Scratch packed(services_.scratch);
  services_.progress.started(what);
  services_.downloader.download(request, [&]() -> Sink& { return packed.start(); });
  FileSource file(packed.path());
  const auto decoded = layer::make_decoder(format_of(index.compression), file, what);
  VerifySource verified(*decoded, index.unpacked.digest, index.unpacked.size, what);
  TempFile text(folder);
  FdSink sink(text.fd(), text.path().string());
  copy(verified, sink);
  text.commit(path);
  checked_.insert(path);
  services_.progress.finished(what);
  return path;
}

}  // namespace stamp::build
