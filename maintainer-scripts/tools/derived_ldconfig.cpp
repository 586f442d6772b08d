// ldconfig of glibc 2.36: the links by which libraries are found, and the dynamic linker's cache of
// them.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "layer/elf.h"
#include "maintainer-scripts/accounts/records.h"
#include "maintainer-scripts/derived/ld_cache.h"
#include "maintainer-scripts/dpkg/package_database.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/derived_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts::derived {
namespace {

using layer::ElfFacts;

constexpr std::uint16_t kAmd64 = 62;
constexpr std::uint16_t kAarch64 = 183;
constexpr std::uint16_t kArm = 40;
constexpr std::uint32_t kElf = 1;
constexpr std::uint32_t kLibc6 = 3;

/// A folder that is searched.
struct Folder {
  std::string path;    ///< as the configuration names it
  std::string hwcaps;  ///< the last component, of one below glibc-hwcaps
};

/// A file or link by which a soname is found.
struct Library {
  std::string file;
  std::uint32_t flags = 0;
  bool is_link = false;
};

/// The folders of /etc/ld.so.conf, then the built-in ones, each once.
class FolderList {
 public:
  explicit FolderList(const Tree& tree) : tree_(tree) {
    read_file("/etc/ld.so.conf", 0);
    add("/lib");
    add("/usr/lib");
  }
  const std::vector<Folder>& folders() const { return folders_; }

 private:
  void read_file(const std::string& path, int depth) {
    if (depth > 10) throw Unknown(fmt::format("'{}' includes too deep", path));
    const std::string text = accounts::read_text(tree_, path).value_or("");
    for (const std::string& line : accounts::lines_of(text)) read_line(path, line, depth);
  }

  void read_line(const std::string& path, std::string_view line, int depth) {
    constexpr std::string_view kSpace = " \t\r\f\v";
    line = line.substr(0, line.find('#'));
    const std::size_t start = line.find_first_not_of(kSpace);
    if (start == std::string_view::npos) return;
    line = line.substr(start, line.find_last_not_of(kSpace) - start + 1);
    if (line.starts_with("include") && line.size() > 7 &&
        kSpace.find(line[7]) != std::string_view::npos) {
      const std::size_t pattern = line.find_first_not_of(kSpace, 7);
      return include(path, std::string(line.substr(pattern)), depth);
    }
    if (line.starts_with("hwcap ") || line.find('=') != std::string_view::npos) {
      throw Unknown(fmt::format("line '{}' of {} is not known", line, path));
    }
    add(std::string(line));
  }

  void include(const std::string& from, std::string pattern, int depth) {
    if (!pattern.starts_with('/')) pattern = from.substr(0, from.rfind('/') + 1) + pattern;
    const std::size_t slash = pattern.rfind('/');
    const std::string name = pattern.substr(slash + 1);
    if (name.find_first_of("*?[") == std::string::npos) return read_file(pattern, depth + 1);
    if (name.find_first_of("?[") != std::string::npos || name.find('*') != name.rfind('*') ||
        pattern.find('*') < slash) {
      throw Unknown(fmt::format("pattern '{}' is not known", pattern));
    }
    const std::string folder = pattern.substr(0, slash);
    const std::string start = name.substr(0, name.find('*'));
    const std::string end = name.substr(name.find('*') + 1);
    const Found found = tree_.find(folder);
    if (!found || !found.inode->is_directory()) return;
    for (const auto& [child, inode] : found.inode->children) {
      const bool is_hidden = child.starts_with('.') && !start.starts_with('.');
      if (!is_hidden && child.size() >= start.size() + end.size() && child.starts_with(start) &&
          child.ends_with(end)) {
        read_file(fmt::format("{}/{}", folder, child), depth + 1);
      }
    }
  }

  void add(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    const Found found = tree_.find(path);
    if (!found || !found.inode->is_directory() || !seen_.insert(found.inode.get()).second) return;
    folders_.push_back({path, {}});
    const std::string hwcaps = path + "/glibc-hwcaps";
    const Found below = tree_.find(hwcaps);
    if (!below || !below.inode->is_directory()) return;
    for (const auto& [name, inode] : below.inode->children) {
      const std::string folder = fmt::format("{}/{}", hwcaps, name);
      const Found target = tree_.find(folder);
      if (target && target.inode->is_directory()) folders_.push_back({folder, name});
    }
  }

  const Tree& tree_;
  std::vector<Folder> folders_;
  std::set<const Inode*> seen_;
};

std::optional<ElfFacts> read_facts(const Tree& tree, Inode& file) {
  const Bytes bytes = std::as_bytes(std::span(tree.read(file)));
  const auto header =
      layer::elf::read_header(bytes.first(std::min(bytes.size(), layer::elf::kHeaderSize)));
  if (!header) return std::nullopt;
  const auto layout = layer::elf::read_layout(*header, bytes);
  if (!layout || !layout->dynamic) return std::nullopt;
  const auto [offset, size] = *layout->dynamic;
  if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
  return layer::elf::read_facts(
      *header, *layout,
      {.front = bytes,
       .dynamic = bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size))});
}

/// What a file's ELF headers say; nothing when it is no library.
std::optional<ElfFacts> facts_of(const Machine& machine, Inode& file) {
  if (file.origin && machine.elf_facts) {
    std::optional<ElfFacts> facts = machine.elf_facts(*file.origin);
    if (!facts || facts->complete) return facts;
  }
  return read_facts(machine.tree, file);
}

std::uint32_t flags_of(const ElfFacts& facts) {
  if (facts.bits == 64 && facts.machine == kAmd64) return 0x0300 | kLibc6;
  if (facts.bits == 32 && facts.machine == kAmd64) return 0x0800 | kLibc6;
  if (facts.bits == 64 && facts.machine == kAarch64) return 0x0a00 | kLibc6;
  if (facts.machine == kArm) throw Unknown("libraries of 32-bit ARM are not known");
  const bool is_libc6 =
      facts.interpreter == "/lib/ld-linux.so.2" ||
      std::any_of(facts.needed.begin(), facts.needed.end(), [](const std::string& name) {
        return name == "libc.so.6" || name == "libm.so.6";
      });
  return is_libc6 ? kLibc6 : kElf;
}

bool is_library_name(std::string_view name) {
  return (name.starts_with("lib") || name.starts_with("ld-")) &&
         name.find(".so") != std::string_view::npos && !name.ends_with(".#prelink#");
}

/// Searches one folder after the other.
class Search {
 public:
  Search(Machine& machine, const Options& options)
      : machine_(machine), makes_links_(!options.has("X")) {}

  void search(const Folder& folder) {
    const Found found = machine_.tree.find(folder.path);
    std::map<std::string, Library> by_soname;
    const auto children = found.inode->children;
    for (const auto& [name, inode] : children) {
      if (is_library_name(name))
        add(folder, name, *inode, by_soname);
      else if (folder.hwcaps.empty())
        refuse_old_hwcaps(folder, name);
    }
    for (const auto& [soname, library] : by_soname) {
      if (!library.is_link && makes_links_) make_link(folder.path, library.file, soname);
      cached_.push_back(
          {soname, fmt::format("{}/{}", folder.path, soname), library.flags, folder.hwcaps});
    }
  }

  std::vector<CachedLibrary> take() { return std::move(cached_); }

 private:
  /// Folders of processors as glibc had them before glibc-hwcaps; no package of Debian 12 has one.
  void refuse_old_hwcaps(const Folder& folder, const std::string& name) const {
    constexpr std::string_view kOld[] = {"avx512_1", "haswell", "i586",    "i686",    "sse2",
                                         "tls",      "x86_64",  "aarch64", "xeon_phi"};
    if (std::find(std::begin(kOld), std::end(kOld), name) == std::end(kOld)) return;
    const Found found = machine_.tree.find(fmt::format("{}/{}", folder.path, name));
    if (!found || !found.inode->is_directory()) return;
    for (const auto& [child, inode] : found.inode->children) {
      if (is_library_name(child)) {
        throw Unknown(fmt::format("folder '{}/{}' is not known", folder.path, name));
      }
    }
  }

  void add(const Folder& folder, const std::string& name, const Inode& inode,
           std::map<std::string, Library>& by_soname) {
    const std::string path = fmt::format("{}/{}", folder.path, name);
    bool is_link = inode.is_symlink();
    const Found target = machine_.tree.find(path);
    if (!target) {
      // A link that leads nowhere goes.
      if (is_link && makes_links_ && name.find(".so.") != std::string::npos) {
        machine_.tree.unlink(path);
      }
      return;
    }
    if (!target.inode->is_file()) return;
    const std::optional<ElfFacts> facts = facts_of(machine_, *target.inode);
    if (!facts) return;
    std::string soname = facts->soname.empty() ? name : facts->soname;
    // A link counts by its own name where that is the soname, or the short one for linking.
    if (is_link && name != soname && !(name.ends_with(".so") && soname.starts_with(name))) {
      is_link = false;
    }
    if (is_link) soname = name;
    const Library library{name, flags_of(*facts), is_link};
    const auto [known, is_new] = by_soname.emplace(soname, library);
    if (is_new) return;
    const bool is_better =
        (!is_link && known->second.is_link) ||
        (is_link == known->second.is_link && compare_library_names(known->second.file, name) < 0);
    if (is_better) known->second = library;
  }

  void make_link(const std::string& folder, const std::string& file, const std::string& soname) {
    const std::string path = fmt::format("{}/{}", folder, soname);
    const Found library = machine_.tree.find(fmt::format("{}/{}", folder, file));
    const Found there = machine_.tree.find(path);
    if (!library || there.inode == library.inode) return;
    const Found entry = machine_.tree.find(path, LastLink::keep);
    if (entry && !entry.inode->is_symlink()) return;
    if (entry) machine_.tree.unlink(path);
    machine_.tree.make_symlink(file, path);
  }

  Machine& machine_;
  bool makes_links_;
  std::vector<CachedLibrary> cached_;
};

/// What the program writes of itself into the cache; its package's version tells it.
std::string generator_of(const Machine& machine) {
  const Package* package = std::as_const(machine.packages).find("libc-bin");
  if (package == nullptr) throw Unknown("the version of libc-bin is not known");
  const std::string& version = package->version;
  return fmt::format("ldconfig ({} GLIBC {}) stable release version {}",
                     version.find("ubuntu") == std::string::npos ? "Debian" : "Ubuntu", version,
                     version.substr(0, version.find('-')));
}

}  // namespace

int ldconfig(Process& process) {
  constexpr LongOption kOptions[] = {{"verbose", Argument::none, "v"},
                                     {"ignore-aux-cache", Argument::none, "i"},
                                     {"format", Argument::required, "c"}};
  const Options options = parse_options(process, "vNXic:r:", kOptions);
  if (const std::string* root = options.value("r");
      root != nullptr && root->find_first_not_of('/') != std::string::npos) {
    throw Unknown("another root than / is not known");
  }
  if (!options.operands.empty()) throw Unknown("folders on the command line are not known");
  if (const std::string* format = options.value("c"); format != nullptr && *format != "new") {
    throw Unknown(fmt::format("format '{}' is not known", *format));
  }
  Machine& machine = process.machine;
  Search search(machine, options);
  const FolderList list(machine.tree);
  for (const Folder& folder : list.folders()) search.search(folder);
  if (options.has("N")) return 0;
  machine.tree.unlink("/etc/ld.so.cache");
  machine.tree.write("/etc/ld.so.cache", make_library_cache(search.take(), generator_of(machine)));
  return 0;
}

}  // namespace stamp::scripts::derived
