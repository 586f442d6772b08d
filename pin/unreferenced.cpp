#include "pin/unreferenced.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "oci/index.h"
#include "oci/media_type.h"
#include "pin/ask_all.h"

namespace stamp::pin {
namespace {

constexpr std::size_t kHexDigits = 64;

/// A tag and what it names.
struct NamedTag {
  std::string tag;
  std::optional<oci::Descriptor> manifest;  ///< nothing: it was deleted meanwhile
};

std::vector<NamedTag> tags_of(const registry::Repository& repository) {
  std::vector<NamedTag> tags;
  const std::optional<std::vector<std::string>> listed = repository.tags();
  if (!listed) return tags;
  const std::set<std::string> names(listed->begin(), listed->end());
  for (const std::string& name : names) tags.push_back({name, std::nullopt});
  ask_all(tags.size(),
          [&](std::size_t i) { tags[i].manifest = repository.head_manifest(tags[i].tag); });
  std::erase_if(tags, [](const NamedTag& tag) { return !tag.manifest; });
  return tags;
}

/// The manifests of indexes; what is no index has none.
using Children = std::map<Digest, std::vector<Digest>>;

Children children_of(const std::set<Digest>& manifests, const registry::Repository& repository) {
  const std::vector<Digest> digests(manifests.begin(), manifests.end());
  std::vector<std::vector<Digest>> children(digests.size());
  ask_all(digests.size(), [&](std::size_t i) {
    const std::optional<registry::ManifestText> text = repository.pull_manifest(digests[i]);
    if (!text || !oci::is_index(text->media_type)) return;
    const oci::Index index =
        during(fmt::format("reading manifest '{}' of {}/{}", digests[i].brief(), repository.host(),
                           repository.name()),
               ErrorKind::corrupt, [&] { return oci::Index::parse(text->text); });
    for (const oci::Descriptor& child : index.manifests) children[i].push_back(child.digest);
  });
  Children all;
  for (std::size_t i = 0; i < digests.size(); ++i) all.emplace(digests[i], std::move(children[i]));
  return all;
}

/// The digest that a tag belongs to by its name: "sha256-DIGEST", with or without an ending.
std::optional<Digest> subject_of(std::string_view tag) {
  constexpr std::string_view kSha256 = "sha256-";
  if (!tag.starts_with(kSha256)) return std::nullopt;
  const std::string_view hex = tag.substr(kSha256.size(), kHexDigits);
  const std::string_view rest = tag.substr(std::min(tag.size(), kSha256.size() + kHexDigits));
  const bool is_hex = hex.size() == kHexDigits &&
                      hex.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!is_hex || !(rest.empty() || rest.front() == '.')) return std::nullopt;
  return Digest::parse_hex(hex);
}

/// What a repository has, and what of it is referenced.
class Repository final {
 public:
  Repository(const OwnImage& image, const KeptReferences& kept, registry::RegistryClient& client)
      : image_(image),
        kept_(kept),
        tags_(tags_of(client.repository(image.repository, registry::Access::pull))) {
    if (tags_.empty()) return;
    std::set<Digest> manifests = kept.named_with(image.repository);
    manifests.insert(image.locked.begin(), image.locked.end());
    for (const NamedTag& tag : tags_) {
      // Of what is surely a manifest nothing need be read.
      if (!oci::is_manifest(tag.manifest->media_type)) manifests.insert(tag.manifest->digest);
    }
    children_ = children_of(manifests, client.repository(image.repository, registry::Access::pull));
    find_referenced();
  }

  void add_to(PublishedTags& all) const {
    for (const NamedTag& tag : tags_) {
      const std::optional<Digest> subject = subject_of(tag.tag);
      const bool referenced = referenced_.count(tag.manifest->digest) > 0 ||
                              (subject && (referenced_.count(*subject) > 0 || kept_.has(*subject)));
      if (referenced) {
        ++all.referenced;
        continue;
      }
      oci::Reference image = image_.repository;
      image.tag = tag.tag;
      image.digest = tag.manifest->digest;
      all.unreferenced.push_back({std::move(image), TagRemoval::listed});
    }
  }

 private:
  bool is_root(const Digest& digest) const { return kept_.has(digest) || image_.has(digest); }

  void find_referenced() {
    for (const NamedTag& tag : tags_) {
      const Digest& digest = tag.manifest->digest;
      if (is_root(digest) || kept_.has(image_.repository, tag.tag)) refer_to(digest);
    }
    for (const auto& [index, children] : children_) {
      const bool has_root = std::any_of(children.begin(), children.end(),
                                        [&](const Digest& child) { return is_root(child); });
      if (has_root || is_root(index)) refer_to(index);
    }
  }

  /// A manifest, and those of it when it is an index.
  void refer_to(const Digest& digest) {
    if (!referenced_.insert(digest).second) return;
    const auto found = children_.find(digest);
    if (found == children_.end()) return;
    for (const Digest& child : found->second) refer_to(child);
  }

  const OwnImage& image_;
  const KeptReferences& kept_;
  std::vector<NamedTag> tags_;
  Children children_;
  std::set<Digest> referenced_;
};

}  // namespace

PublishedTags find_unreferenced(std::span<const OwnImage> own, const KeptReferences& kept,
                                registry::RegistryClient& client) {
  PublishedTags all;
  for (const OwnImage& image : own) Repository(image, kept, client).add_to(all);
  return all;
}

TagRemoval remove(const UnreferencedTag& tag, registry::RegistryClient& client) {
  const registry::Repository repository = client.repository(tag.image, registry::Access::push);
  const std::optional<oci::Descriptor> now = repository.head_manifest(tag.image.tag);
  if (!now) return TagRemoval::gone;
  if (now->digest != *tag.image.digest) return TagRemoval::moved;
  try {
    return repository.delete_tag(tag.image.tag) == registry::Removal::removed ? TagRemoval::tag
                                                                              : TagRemoval::gone;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::denied) throw;
  }
  return repository.delete_manifest(*tag.image.digest) == registry::Removal::removed
             ? TagRemoval::manifest
             : TagRemoval::gone;
}

}  // namespace stamp::pin
