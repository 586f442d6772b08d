#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/stream.h"
#include "builder/inputs/places.h"
#include "builder/plan/plan.h"
#include "builder/progress.h"
#include "registry-client/downloader.h"

namespace stamp::build {

/// When a file of this machine is checked. One that came from a server always is before it is
/// opened.
enum class Checked {
  while_read,  ///< in the one pass that uses it: wrong bytes are noticed at their end
  before,  ///< by a pass of its own, so that another place can be tried when its bytes are wrong
};

/// Opens the files that a lock names, wherever they can be had: a file of this machine where it
/// lies, one from a server by way of a nameless file in `scratch`.
class Fetcher final {
 public:
  /// The references must outlive this. `scratch` is a folder for temporary files.
  Fetcher(const registry::Downloader& downloader, const Places& places,
          std::filesystem::path scratch);

  /// The .deb of a locked package. The last byte is given only when size and digest matched.
  /// Errors: network, io or corrupt, naming the package, the places tried and what to do.
  std::unique_ptr<Source> open(const PackageSegment& package, Checked checked) const;
  /// A locked archive; the same rules.
  std::unique_ptr<Source> open(const ArchiveSegment& archive, Checked checked) const;

 private:
  std::unique_ptr<Source> open(const registry::DownloadRequest& request, Checked checked) const;

  const registry::Downloader& downloader_;
  const Places& places_;
  std::filesystem::path scratch_;
};

}  // namespace stamp::build
