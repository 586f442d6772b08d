#pragma once
// What files refer to, read with the caution of somebody who is about to delete the rest: beside
// the places that are understood, whatever looks like a digest or stands in a file that names a
// repository counts. It is never what `stamp pin` would change.

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "oci/reference.h"

namespace stamp::pin {

/// What keeps images of some repositories from being deleted.
class KeptReferences final {
 public:
  /// The repositories in question, without tags and digests.
  explicit KeptReferences(std::vector<oci::Reference> repositories)
      : repositories_(std::move(repositories)) {}

  /// Counts a reference. A digest counts in all repositories: what has it is the same everywhere. A
  /// tag without a digest, or "latest" without both, counts in repositories of that path whatever
  /// the host: it may be a mirror of it.
  void add(const oci::Reference& reference);
  /// Counts what stands in the text of a file of any kind: each 64 hexadecimal digits as a digest,
  /// and, where it has a repository's path, each of its words as a tag of it; but for the tag of
  /// "NAME:TAG@DIGEST". `file` is its name for unclear().
  void add_text(std::string_view file, std::string_view text);

  /// Whether a digest counts.
  bool has(const Digest& digest) const { return digests_.count(digest) > 0; }
  /// Whether a tag of this repository counts.
  bool has(const oci::Reference& repository, std::string_view tag) const;
  /// The digests that stand beside the name of this repository.
  std::set<Digest> named_with(const oci::Reference& repository) const;
  /// Whether anything named one of the repositories.
  bool name_any() const { return !of_.empty(); }
  /// Where a repository is named with a tag or digest that is made elsewhere ("app:${VERSION}"), as
  /// "FILE:LINE": what that is cannot be told.
  const std::vector<std::string>& unclear() const { return unclear_; }

 private:
  /// What counts for one repository alone.
  struct Named {
    std::set<std::string, std::less<>> tags;
    std::set<Digest> digests;
  };

  void add_text_of(const oci::Reference& repository, std::string_view file, std::string_view text);

  std::vector<oci::Reference> repositories_;
  std::set<Digest> digests_;
  std::map<std::string, Named> of_;  ///< by "host/repository"
  std::vector<std::string> unclear_;
};

}  // namespace stamp::pin
