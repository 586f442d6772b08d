#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "debian/host_apt.h"
#include "workspace/user_settings.h"

namespace stamp::build {

/// Where files of Debian archives can be fetched from on this machine. None of these places is
/// trusted.
class Places final {
 public:
  /// `apt_sources`: this machine's own apt configuration, for `host-apt`.
  Places(workspace::UserSettings settings, std::vector<debian::AptSourcesFile> apt_sources);

  /// The URLs to try for `path` of `archive`, in order: the mirrors of the user's settings (or
  /// those of this machine's apt), then the archive's tree of the time `snapshot`
  /// ("20261120T000000Z"); with an empty `snapshot`, the archive itself. Each once.
  std::vector<std::string> urls(std::string_view archive, std::string_view snapshot,
                                std::string_view path) const;

 private:
  workspace::UserSettings settings_;
  std::vector<debian::AptSourcesFile> apt_sources_;
};

}  // namespace stamp::build
