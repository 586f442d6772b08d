// Registries and layouts, to which what they lack is added.

#include "builder/output/image_writer.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/pool.h"
#include "builder/output/referrer_lists.h"
#include "builder/output/repository_push.h"
#include "oci/layout.h"

namespace stamp::build {
namespace {

/// Layers and configs, which may come in any order: what names them comes after all.
std::vector<oci::Descriptor> blobs_of(const ImageTree& tree) {
  std::vector<oci::Descriptor> blobs = tree.layers;
  blobs.insert(blobs.end(), tree.configs.begin(), tree.configs.end());
  return blobs;
}

/// Blobs as a repository is to get them.
std::vector<BlobToPush> blobs_to_push(const std::vector<oci::Descriptor>& blobs, ImageReader& from,
                                      const std::vector<std::string>& mount_from,
                                      const CopyTools& tools) {
  std::vector<BlobToPush> out;
  for (const oci::Descriptor& blob : blobs) {
    out.push_back(
        {blob, {}, mount_from, [&from, &tools, blob] { return bring(from, blob, tools.scratch); }});
  }
  return out;
}

/// Whether a repository lists all referrers of an image.
bool lists_referrers(const registry::Repository& repository, const ImageTree& tree) {
  std::optional<Digest> subject;
  std::vector<oci::Descriptor> listed;
  return std::ranges::all_of(tree.referrers, [&](const Referrer& referrer) {
    if (subject != referrer.subject) {
      subject = referrer.subject;
      listed = repository.referrers(referrer.subject);
    }
    return std::ranges::any_of(listed, [&](const oci::Descriptor& each) {
      return each.digest == referrer.descriptor.digest;
    });
  });
}

/// Puts blobs into a layout, several at a time; returns how many bytes were not there.
std::uint64_t put_blobs(const std::vector<oci::Descriptor>& blobs, ImageReader& from,
                        oci::LayoutWriter& layout, Progress& progress) {
  if (blobs.empty()) return 0;
  std::atomic<std::uint64_t> written = 0;
  Pool pool(std::min(kMovedAtOnce, blobs.size()));
  for (const oci::Descriptor& blob : blobs) {
    pool.add([&] {
      progress.started(blob.digest.brief());
      if (!layout.contains(blob.digest, blob.size)) {
        layout.put(blob.digest,
                   [&](const Fd& file, const std::string& path) { from.fetch(blob, file, path); });
        written += blob.size;
      }
      progress.moved(blob.size);
      progress.finished(blob.digest.brief());
    });
  }
  pool.wait();
  return written;
}

}  // namespace

bool registry_names(const ImagePlace& place, const Digest& digest,
                    registry::RegistryClient& client) {
  const registry::Repository repository =
      client.repository(place.reference, registry::Access::push);
  const std::optional<oci::Descriptor> there = place.reference.tag.empty()
                                                   ? repository.head_manifest(digest)
                                                   : repository.head_manifest(place.reference.tag);
  return there && there->digest == digest;
}

WrittenImage write_to_registry(const ImageTree& tree, ImageReader& from, const ImagePlace& source,
                               const ImagePlace& place, const CopyTools& tools) {
  const oci::Reference& to = place.reference;
  const registry::Repository repository = tools.client.repository(to, registry::Access::push);
  const bool there = !tree.referrers.empty() &&
                     registry_names(place, tree.top.digest, tools.client) &&
                     lists_referrers(repository, tree);
  if (there) return {.unchanged = true};
  std::vector<std::string> mount_from;
  const bool same_registry =
      source.kind == ImagePlace::Kind::registry && source.reference.host == to.host;
  if (same_registry && source.reference.repository != to.repository) {
    mount_from.push_back(source.reference.repository);
  }
  RepositoryPush push(repository, tools.progress, kMovedAtOnce);
  {
    const Phase phase(tools.progress, "copying to " + to.repository_str(),
                      tree.layers.size() + tree.configs.size(),
                      total_size(tree.layers) + total_size(tree.configs));
    push.push_blobs(blobs_to_push(blobs_of(tree), from, mount_from, tools));
  }
  push.push_manifests(tree.manifests);
  push.read_back();
  if (!to.tag.empty()) push.set(to.tag, tree.manifest(tree.top.digest));
  const PushedBytes moved = push.moved();
  return {.sent = moved.sent, .mounted = moved.mounted};
}

WrittenImage write_to_layout(const ImageTree& tree, ImageReader& from, const ImagePlace& place,
                             const CopyTools& tools) {
  oci::LayoutWriter layout(place.path);
  layout.prepare();
  WrittenImage written;
  {
    const Phase phase(tools.progress, "copying to " + place.text,
                      tree.layers.size() + tree.configs.size(),
                      total_size(tree.layers) + total_size(tree.configs));
    written.sent = put_blobs(blobs_of(tree), from, layout, tools.progress);
  }
  written.unchanged = written.sent == 0;
  for (const registry::ManifestText& manifest : tree.manifests) {
    const Digest digest = manifest.digest();
    if (!layout.contains(digest, manifest.text.size())) written.unchanged = false;
    layout.put(digest, manifest.text);
  }
  for (const ReferrerList& list : referrer_lists(tree, place.path)) {
    layout.put(list.index.digest(), list.index.text());
    const oci::Change change = layout.tag(list.tag, list.index.descriptor(oci::kMediaTypeIndex));
    if (change == oci::Change::made) written.unchanged = false;
  }
  // Some tools find an image in a layout by its tag only, and ask for this one when none is named.
  const std::string tag = place.tag.empty() ? "latest" : place.tag;
  if (layout.tag(tag, tree.top) == oci::Change::made) written.unchanged = false;
  return written;
}

}  // namespace stamp::build
