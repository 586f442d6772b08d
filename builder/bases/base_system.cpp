#include "builder/bases/base_system.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "debian/merged_usr.h"

namespace stamp::build {
namespace {

constexpr std::uint64_t kMaxStatus = 64U << 20U;
constexpr std::uint64_t kMaxSmall = 1U << 20U;

const EntryPath& database() {
  static const EntryPath kPath = EntryPath::parse("/var/lib/dpkg");
  return kPath;
}

bool is_file(const ImageFiles& image, const EntryPath& path) {
  const layer::Entry* entry = image.resolve(path);
  return entry != nullptr && entry->type == layer::EntryType::file;
}

std::string text_of(const ImageFiles& image, const EntryPath& path) {
  return is_file(image, path) ? image.read(path, kMaxSmall) : std::string();
}

/// Why there is nothing that packages can be added to; empty when there is.
std::string obstacle_of(const ImageFiles& image) {
  if (is_file(image, database() / "status")) return "";
  const layer::Entry* pieces = image.resolve(database() / "status.d");
  if (pieces != nullptr && pieces->type == layer::EntryType::directory) {
    return "its dpkg database lies in /var/lib/dpkg/status.d, as distroless images have it, where "
           "dpkg itself does not see it";
  }
  return "it has no dpkg database (/var/lib/dpkg/status)";
}

/// The value of a variable of os-release: words, perhaps in quotes. Spec: os-release(5).
std::string os_release_value(std::string_view text, std::string_view name) {
  for (const std::string_view line : lines_of(text)) {
    if (!line.starts_with(name) || line.substr(name.size(), 1) != "=") continue;
    const std::string_view value = line.substr(name.size() + 1);
    const bool is_quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                           value.back() == value.front();
    return std::string(is_quoted ? value.substr(1, value.size() - 2) : value);
  }
  return "";
}

/// Whether a folder of the root is a link to that of /usr.
bool is_merged(const layer::Entry* entry, const std::string& name) {
  if (entry == nullptr || entry->type != layer::EntryType::symlink) return false;
  return entry->link_target == "usr/" + name || entry->link_target == "/usr/" + name;
}

std::vector<std::string> merged_folders(const ImageFiles& image, const std::string& architecture) {
  const debian::MergedUsr all = debian::MergedUsr::for_architecture(architecture).with_multilib();
  std::vector<std::string> links;
  std::vector<std::string> missing;
  for (const std::string& folder : all.folders()) {
    const layer::Entry* entry = image.find(EntryPath::parse_member(folder));
    if (is_merged(entry, folder)) links.push_back(folder);
    if (entry == nullptr) missing.push_back(folder);
  }
  // Where nothing is merged, what is missing will be a folder too.
  if (!links.empty()) links.insert(links.end(), missing.begin(), missing.end());
  std::sort(links.begin(), links.end());
  return links;
}

/// Distributions whose packages fit no other one.
bool is_distribution(const std::string& id) {
  return id == "debian" || id == "ubuntu";
}

/// Whether a suite is one of a distribution's release: "bookworm-updates" is of "bookworm".
bool is_of_release(const std::string& suite, const std::string& codename) {
  return suite == codename || suite.starts_with(codename + "-");
}

/// Why packages of `release` do not fit; empty when they do, or nobody can tell.
std::string misfit(const BaseSystem& system, const workspace::LockedRelease& release) {
  const std::string origin = lower_case(release.origin);
  if (!is_distribution(origin) || !is_distribution(system.id)) return "";
  if (origin != system.id) return release.origin;
  // os-release of unstable tells of testing.
  const bool is_unstable = release.codename == "sid";
  const bool is_known = !system.codename.empty() && !release.codename.empty();
  if (!is_known || is_unstable || is_of_release(release.codename, system.codename)) return "";
  return fmt::format("{} {}", release.origin, release.codename);
}

class Check {
 public:
  Check(const BaseSystem& system, const std::string& image, const workspace::Recipe& recipe,
        const workspace::Packages& packages)
      : system_(system), image_(image), recipe_(recipe), packages_(packages) {}

  void architecture(const std::string& wanted) const {
    std::set<std::string> found;
    for (const debian::StatusEntry& entry : system_.packages) {
      const std::string of = entry.architecture();
      if (entry.is_unpacked() && of != "all") found.insert(of);
    }
    if (found.empty() || found.count(wanted) != 0) return;
    refuse(fmt::format("its packages are for {}, not for {}", fmt::join(found, ", "), wanted));
  }

  void states() const {
    for (const debian::StatusEntry& entry : system_.packages) {
      const std::string& state = entry.state;
      if (state == "not-installed" || state == "installed" || state == "config-files") continue;
      const bool is_unpacked = state == "unpacked";
      if (is_unpacked && packages_.scripts == workspace::Scripts::skip) continue;
      refuse(fmt::format("its package '{}' is {}{}", entry.name(), state,
                         is_unpacked ? ", not configured; 'scripts: skip' accepts that" : ""));
    }
  }

  void distribution(std::span<const workspace::LockedRelease> releases) const {
    std::string others;
    for (const workspace::LockedRelease& release : releases) {
      const std::string other = misfit(system_, release);
      if (other.empty() && is_distribution(lower_case(release.origin))) return;
      if (others.empty()) others = other;
    }
    if (!others.empty()) {
      refuse(fmt::format("it is {}, and the packages are of {}", system_.name(), others));
    }
  }

 private:
  void refuse(const std::string& why) const {
    throw_if_any({recipe_.problem(packages_.position,
                                  fmt::format("packages cannot be put on {}: {}", image_, why))});
  }

  const BaseSystem& system_;
  const std::string& image_;
  const workspace::Recipe& recipe_;
  const workspace::Packages& packages_;
};

}  // namespace

std::string BaseSystem::name() const {
  if (id.empty()) return "unknown";
  return codename.empty() ? id : id + " " + codename;
}

BaseSystem read_base_system(const ImageFiles& image, const std::string& architecture) {
  BaseSystem system;
  system.obstacle = obstacle_of(image);
  if (!system.obstacle.empty()) return system;
  system.status = image.read(database() / "status", kMaxStatus);
  system.packages = debian::parse_status(system.status);
  const std::string architectures = text_of(image, database() / "arch");
  for (const std::string_view line : lines_of(architectures)) {
    if (line != architecture) system.architectures.emplace_back(line);
  }
  const EntryPath first = EntryPath::parse("/etc/os-release");
  const EntryPath second = EntryPath::parse("/usr/lib/os-release");
  const std::string os_release = text_of(image, is_file(image, first) ? first : second);
  system.id = os_release_value(os_release, "ID");
  system.codename = os_release_value(os_release, "VERSION_CODENAME");
  system.merged = merged_folders(image, architecture);
  return system;
}

void check_base_system(const BaseSystem& system, const std::string& image,
                       const workspace::Recipe& recipe, const workspace::Packages& packages,
                       const std::string& architecture,
                       std::span<const workspace::LockedRelease> releases) {
  const Check check(system, image, recipe, packages);
  check.architecture(architecture);
  check.states();
  check.distribution(releases);
}

}  // namespace stamp::build
