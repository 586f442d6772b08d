#include "pin/doctor.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/core.h>

#include "base/guarded.h"
#include "base/stream.h"
#include "oci/config.h"
#include "oci/index.h"
#include "oci/manifest.h"
#include "oci/media_type.h"
#include "pin/ask_all.h"

namespace stamp::pin {
namespace {

using Kind = MissingPart::Kind;
constexpr std::uint64_t kMaxConfig = std::uint64_t{4} << 20U;

/// An answer, or why there is none.
template <typename Result>
struct Asked {
  std::optional<Result> result;
  std::optional<Error> error;
};

/// Asks `count` questions as ask_all() does. One that has no answer does not keep others from being
/// asked, unless no answer is to be had at all.
template <typename Result>
std::vector<Asked<Result>> try_all(std::size_t count, std::size_t threads,
                                   const std::function<Result(std::size_t)>& ask) {
  std::vector<Asked<Result>> asked(count);
  const auto ask_one = [&](std::size_t i) {
    try {
      asked[i].result = ask(i);
    } catch (const Error& error) {
      const ErrorKind kind = error.kind();
      const bool of_this_alone =
          kind == ErrorKind::network || kind == ErrorKind::denied || kind == ErrorKind::corrupt;
      if (!of_this_alone) throw;
      asked[i].error = error;
    }
  };
  ask_all(count, ask_one, threads);
  return asked;
}

/// Registries that do not answer at all: each is asked in vain for one image, not for every one.
class SilentHosts final {
 public:
  explicit SilentHosts(registry::RegistryClient& client) : client_(client) {}

  /// Runs `ask`, which asks `host`. Errors: those of `ask`, or of an earlier one.
  template <typename Ask>
  auto unless_silent(const std::string& host, const Ask& ask) {
    {
      auto known = errors_.lock();
      const auto found = known->find(host);
      if (found != known->end()) throw found->second;
    }
    try {
      return ask();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::network && !answers(host))
        errors_.lock()->emplace(host, error);
      throw;
    }
  }

 private:
  bool answers(const std::string& host) {
    try {
      client_.ping(host);
    } catch (const Error& error) {
      return error.kind() != ErrorKind::network;
    }
    return true;
  }

  registry::RegistryClient& client_;
  Guarded<std::map<std::string, Error>> errors_;
};

/// A blob that an image consists of.
struct Blob {
  Digest digest;
  std::uint64_t size = 0;
  MissingPart part;
};

/// What the manifests of an image say.
struct Looked {
  std::vector<MissingPart> missing;
  std::vector<std::string> warnings;
  std::vector<Blob> blobs;
  std::optional<oci::Descriptor> tagged;  ///< what the tag names now, where that was of interest
};

/// Layers that only the server of their makers may give out are in no registry.
bool is_foreign(const oci::Descriptor& layer) {
  return layer.media_type.find("nondistributable") != std::string::npos ||
         layer.media_type.find("rootfs.foreign") != std::string::npos;
}

void add_blobs(const oci::Manifest& manifest, const std::string& platform, Looked& looked) {
  const auto add = [&](const oci::Descriptor& blob, Kind kind, std::size_t number) {
    looked.blobs.push_back({blob.digest,
                            blob.size,
                            {.kind = kind,
                             .platform = platform,
                             .number = number,
                             .digest = blob.digest,
                             .found = std::nullopt}});
  };
  add(manifest.config, Kind::config, 0);
  std::size_t number = 0;
  for (const oci::Descriptor& layer : manifest.layers) {
    ++number;
    if (!is_foreign(layer)) add(layer, Kind::layer, number);
  }
}

template <typename Document>
Document parse(const registry::ManifestText& manifest, const registry::Repository& repository) {
  return during(fmt::format("reading manifest '{}' of {}/{}", manifest.digest().brief(),
                            repository.host(), repository.name()),
                ErrorKind::corrupt, [&] { return Document::parse(manifest.text); });
}

std::string names_of(const std::vector<oci::Platform>& platforms) {
  std::string names;
  for (const oci::Platform& platform : platforms) {
    names += (names.empty() ? "" : ", ") + platform.str();
  }
  return names;
}

/// Whom an image without an index is for; nothing when it is for no platform or its config is
/// missing.
std::optional<oci::Platform> platform_of(const oci::Manifest& manifest,
                                         const registry::Repository& repository) {
  const oci::Descriptor& config = manifest.config;
  if (!oci::is_config(config.media_type) || config.size > kMaxConfig) return std::nullopt;
  std::optional<StringSink> sink;
  const auto pulled = repository.pull_blob({.digest = config.digest, .size = config.size},
                                           [&](std::uint64_t) -> Sink& { return sink.emplace(); });
  if (!pulled) return std::nullopt;
  return during(fmt::format("reading config '{}' of {}/{}", config.digest.brief(),
                            repository.host(), repository.name()),
                ErrorKind::corrupt, [&] { return oci::ImageConfig::parse(sink->text()).platform; });
}

void look_at_index(const registry::ManifestText& top, const std::vector<oci::Platform>& platforms,
                   const registry::Repository& repository, Looked& looked) {
  const auto index = parse<oci::Index>(top, repository);
  for (const oci::Platform& platform : platforms) {
    const oci::Descriptor* child = index.find(platform);
    MissingPart part = {.kind = Kind::platform,
                        .platform = platform.str(),
                        .number = 0,
                        .digest = std::nullopt,
                        .found = std::nullopt};
    if (child == nullptr) {
      looked.missing.push_back(part);
      continue;
    }
    const std::optional<registry::ManifestText> text = repository.pull_manifest(child->digest);
    if (text) {
      add_blobs(parse<oci::Manifest>(*text, repository), platform.str(), looked);
    } else {
      part.kind = Kind::manifest;
      part.digest = child->digest;
      looked.missing.push_back(part);
    }
  }
}

void look_at_manifest(const registry::ManifestText& top, const oci::Reference& image,
                      const std::vector<oci::Platform>& platforms,
                      const registry::Repository& repository, Looked& looked) {
  const auto manifest = parse<oci::Manifest>(top, repository);
  add_blobs(manifest, "", looked);
  if (!image.tag.empty()) looked.tagged = repository.head_manifest(image.tag);
  if (looked.tagged && oci::is_index(looked.tagged->media_type)) {
    looked.warnings.push_back(
        fmt::format("it is the manifest of one platform, and the tag {} names an index: {}",
                    image.tag, looked.tagged->digest.str()));
    return;
  }
  const std::optional<oci::Platform> platform = platform_of(manifest, repository);
  if (!platform) return;
  std::vector<oci::Platform> others;
  for (const oci::Platform& wanted : platforms) {
    if (wanted != *platform) others.push_back(wanted);
  }
  if (!others.empty()) {
    looked.warnings.push_back(
        fmt::format("it is for {} alone, and not for {}", platform->str(), names_of(others)));
  }
}

Looked look_at(const oci::Reference& image, const std::vector<oci::Platform>& platforms,
               const registry::Repository& repository) {
  Looked looked;
  const std::optional<registry::ManifestText> top = repository.pull_manifest(*image.digest);
  if (!top) {
    looked.missing.push_back({.kind = Kind::top,
                              .platform = {},
                              .number = 0,
                              .digest = image.digest,
                              .found = std::nullopt});
    if (!image.tag.empty()) looked.tagged = repository.head_manifest(image.tag);
  } else if (oci::is_index(top->media_type)) {
    look_at_index(*top, platforms, repository, looked);
  } else if (oci::is_manifest(top->media_type)) {
    look_at_manifest(*top, image, platforms, repository, looked);
  } else {
    looked.warnings.push_back(
        fmt::format("it is of a type that is not known, and was not looked into: {}",
                    printable(top->media_type, 100)));
  }
  return looked;
}

/// What somebody can do about parts that are missing of an image of the workspace.
std::string restore_own(const ExaminedImage& image, const OwnImage& own) {
  const auto lacks_platform = [](const MissingPart& part) { return part.kind == Kind::platform; };
  if (std::all_of(image.missing.begin(), image.missing.end(), lacks_platform)) {
    return fmt::format(
        "add the platform to '{0}', then: stamp lock {0} && stamp push {0} && stamp pin",
        own.recipe);
  }
  const Digest& digest = *image.image.digest;
  if (own.has(digest)) return fmt::format("stamp push {} --locked", own.recipe);
  if (own.locked.empty()) {
    return fmt::format("{} records no image: stamp push {} && stamp pin", own.lock, own.recipe);
  }
  return fmt::format(
      "{0} has {1}: 'stamp push {2} --locked && stamp pin' moves to that; for the one that is "
      "pinned find its lock with 'git log -S {3} -- {0}', check it out and run 'stamp push {2} "
      "--locked'",
      own.lock, own.locked.front().str(), own.recipe, digest.hex());
}

/// The same for an image of others.
std::string restore_foreign(const ExaminedImage& image, const Looked& looked) {
  const oci::Reference& name = image.image;
  const auto lacks_platform = [](const MissingPart& part) { return part.kind == Kind::platform; };
  if (std::all_of(image.missing.begin(), image.missing.end(), lacks_platform)) {
    return "take another image, or keep it from the nodes of that platform";
  }
  const std::string repin = fmt::format("stamp pin --all --update={}", name.repository_str());
  if (looked.tagged && looked.tagged->digest != *name.digest) {
    return fmt::format("the tag {} names {} now: {}", name.tag, looked.tagged->digest.str(), repin);
  }
  if (looked.tagged) return "tell who publishes it, or take another tag";
  if (name.tag.empty()) return "name a tag beside the digest, then: " + repin;
  const bool all_gone = image.missing.front().kind == Kind::top;
  return all_gone
             ? fmt::format("the tag {} is gone, too; name another one, then: {}", name.tag, repin)
             : repin;
}

/// The images that are pinned, each once with all its places; by first place.
std::vector<ExaminedImage> images_of(const std::vector<PinnedReference>& pinned) {
  std::map<std::tuple<std::string, std::string, Digest>, ExaminedImage> by_digest;
  for (const PinnedReference& each : pinned) {
    const oci::Reference& reference = each.reference;
    if (!reference.digest) continue;
    ExaminedImage& image = by_digest[{reference.host, reference.repository, *reference.digest}];
    if (image.places.empty() || image.image.tag.empty()) image.image = reference;
    image.places.push_back(each.place);
  }
  std::vector<ExaminedImage> images;
  for (auto& [digest, image] : by_digest) {
    std::sort(image.places.begin(), image.places.end());
    image.places.erase(std::unique(image.places.begin(), image.places.end()), image.places.end());
    images.push_back(std::move(image));
  }
  std::sort(images.begin(), images.end(), [](const ExaminedImage& a, const ExaminedImage& b) {
    return std::tie(a.places.front(), a.image) < std::tie(b.places.front(), b.image);
  });
  return images;
}

/// A blob of a repository: several images may have it.
struct Question {
  oci::Reference repository;
  Digest digest;

  friend auto operator<=>(const Question&, const Question&) = default;
};

Question question_of(const ExaminedImage& image, const Blob& blob) {
  oci::Reference repository = image.image;
  repository.tag.clear();
  repository.digest.reset();
  return {std::move(repository), blob.digest};
}

/// Sizes by blob; nothing for one that is absent.
using Sizes = std::map<Question, Asked<std::optional<std::uint64_t>>>;

Sizes sizes_of(const std::vector<ExaminedImage>& images, const std::vector<Asked<Looked>>& looked,
               std::size_t threads, registry::RegistryClient& client, SilentHosts& silent) {
  std::set<Question> all;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (!looked[i].result) continue;
    for (const Blob& blob : looked[i].result->blobs) all.insert(question_of(images[i], blob));
  }
  const std::vector<Question> questions(all.begin(), all.end());
  const auto sizes =
      try_all<std::optional<std::uint64_t>>(questions.size(), threads, [&](std::size_t i) {
        const Question& question = questions[i];
        return silent.unless_silent(question.repository.host, [&] {
          return client.repository(question.repository, registry::Access::pull)
              .blob_size(question.digest);
        });
      });
  Sizes by_blob;
  for (std::size_t i = 0; i < questions.size(); ++i) by_blob.emplace(questions[i], sizes[i]);
  return by_blob;
}

/// Adds what the questions about blobs gave.
void add_missing_blobs(const Looked& looked, const Sizes& sizes, ExaminedImage& image) {
  for (const Blob& blob : looked.blobs) {
    const auto& [size, error] = sizes.at(question_of(image, blob));
    if (error) {
      if (!image.unknown) image.unknown = error;
      continue;
    }
    const bool damaged = *size && **size != 0 && **size != blob.size;
    if (*size && !damaged) continue;
    MissingPart part = blob.part;
    if (damaged) part.found = **size;
    image.missing.push_back(std::move(part));
  }
}

}  // namespace

std::string MissingPart::str() const {
  const std::string of = platform.empty() ? "" : " of " + platform;
  const std::string named = digest ? fmt::format(" ({})", digest->brief()) : "";
  const std::string wrong = found ? fmt::format(", which has {} bytes there", *found) : "";
  switch (kind) {
    case Kind::top:
      return "all of it";
    case Kind::platform:
      return fmt::format("an image for {}", platform);
    case Kind::manifest:
      return fmt::format("the manifest{}{}", of, named);
    case Kind::config:
      return fmt::format("the config{}{}{}", of, named, wrong);
    case Kind::layer:
      return fmt::format("layer {}{}{}{}", number, of, named, wrong);
  }
  return {};
}

std::vector<ExaminedImage> examine(const std::vector<PinnedReference>& pinned,
                                   const Examination& examination,
                                   registry::RegistryClient& client) {
  std::vector<ExaminedImage> images = images_of(pinned);
  SilentHosts silent(client);
  const std::vector<Asked<Looked>> looked =
      try_all<Looked>(images.size(), examination.threads, [&](std::size_t i) {
        const oci::Reference& image = images[i].image;
        const OwnImage* own = find_own(examination.own, image);
        const std::vector<oci::Platform>& usual = own ? own->platforms : examination.defaults;
        return silent.unless_silent(image.host, [&] {
          return look_at(image, examination.platforms.empty() ? usual : examination.platforms,
                         client.repository(image, registry::Access::pull));
        });
      });
  const Sizes sizes = sizes_of(images, looked, examination.threads, client, silent);
  for (std::size_t i = 0; i < images.size(); ++i) {
    ExaminedImage& image = images[i];
    image.unknown = looked[i].error;
    if (!looked[i].result) continue;
    image.missing = looked[i].result->missing;
    image.warnings = looked[i].result->warnings;
    add_missing_blobs(*looked[i].result, sizes, image);
    if (image.missing.empty()) continue;
    const OwnImage* own = find_own(examination.own, image.image);
    image.restore = own ? restore_own(image, *own) : restore_foreign(image, *looked[i].result);
  }
  return images;
}

}  // namespace stamp::pin
