#include "builder/image/image_database.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/stream.h"
#include "builder/plan/package_record.h"
#include "debian/dpkg_status.h"

namespace stamp::build {
namespace {

constexpr std::uint64_t kMaxFile = 64U << 20U;
constexpr std::array<std::string_view, 5> kCommon = {"arch", "available", "diversions",
                                                     "statoverride", "status"};

/// What info/ has, by the name of the package and that of the member: "libc6:amd64", "list".
using InfoFiles = std::map<std::string, std::map<std::string, debian::ControlMember>, std::less<>>;

class Reader {
 public:
  explicit Reader(const ImageFiles& image) {
    const layer::Entry* folder = image.resolve(EntryPath::parse("/var/lib/dpkg"));
    if (folder == nullptr) return;
    const std::size_t start = folder->path.str().size() + 1;
    std::vector<EntryPath> wanted;
    for (const layer::Entry* entry : image.tree(folder->path)) {
      if (entry->type != layer::EntryType::file) continue;
      std::string name = entry->path.str().substr(start);
      if (!is_wanted(name)) continue;
      wanted.push_back(entry->path);
      names_.emplace(entry->path, std::move(name));
    }
    image.visit(wanted, [&](const layer::Entry& entry, Source& content) { take(entry, content); });
  }

  ImageDatabase database() {
    const auto status = texts_.find("status");
    if (status == texts_.end()) {
      throw Error(ErrorKind::invalid,
                  "the layers below have no dpkg database (/var/lib/dpkg/status)");
    }
    ImageDatabase database;
    for (const debian::StatusEntry& entry : debian::parse_status(status->second)) {
      if (entry.is_unpacked()) database.packages.push_back(package_of(entry));
    }
    database.texts = std::move(texts_);
    return database;
  }

 private:
  static bool is_wanted(std::string_view name) {
    if (std::find(kCommon.begin(), kCommon.end(), name) != kCommon.end()) return true;
    if (name.starts_with("triggers/")) return name != "triggers/Lock";
    if (!name.starts_with("info/")) return false;
    const std::string_view member = name.substr(name.rfind('.') + 1);
    return member == "md5sums" || !is_data_member(member);
  }

  void take(const layer::Entry& entry, Source& content) {
    const std::string& name = names_.at(entry.path);
    std::string text = read_all(content, kMaxFile, entry.path.str());
    const std::size_t dot = name.rfind('.');
    if (!name.starts_with("info/") || dot == name.npos) {
      texts_.emplace(name, std::move(text));
      return;
    }
    const std::string member = name.substr(dot + 1);
    const std::string package = name.substr(5, dot - 5);
    info_[package].emplace(member, debian::ControlMember{member, std::move(text), entry.mode});
  }

  InstalledPackage package_of(const debian::StatusEntry& entry) {
    InstalledPackage package;
    package.status = entry.state == "installed" ? debian::PackageStatus::installed
                                                : debian::PackageStatus::unpacked;
    debian::ControlArchive& control = package.unpacked.control;
    control.control = entry.control;
    auto found = info_.find(debian::info_name(control));
    if (found == info_.end()) found = info_.find(entry.name());
    if (found == info_.end()) return package;
    for (auto& [name, member] : found->second) {
      if (name == "list") {
        package.unpacked.files = files_of(member.text, entry.conffiles);
      } else if (name != "md5sums" || entry.control.get("Multi-Arch") == "same") {
        control.members.push_back(std::move(member));
      }
    }
    return package;
  }

  static std::vector<debian::ShippedFile> files_of(
      std::string_view list, const std::vector<debian::ShippedFile>& conffiles) {
    std::map<std::string_view, std::string_view> sums;
    for (const debian::ShippedFile& file : conffiles) sums.emplace(file.path, file.md5);
    std::vector<debian::ShippedFile> files;
    while (!list.empty()) {
      const std::size_t end = std::min(list.find('\n'), list.size());
      const std::string_view path = list.substr(0, end);
      list.remove_prefix(std::min(end + 1, list.size()));
      if (path.empty()) continue;
      const auto sum = sums.find(path);
      files.push_back(
          {std::string(path), sum == sums.end() ? std::string() : std::string(sum->second)});
    }
    return files;
  }

  std::map<EntryPath, std::string> names_;
  debian::DatabaseTexts texts_;
  InfoFiles info_;
};

}  // namespace

ImageDatabase read_image_database(const ImageFiles& image) {
  return Reader(image).database();
}

}  // namespace stamp::build
