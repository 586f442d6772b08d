#include "builder/store/completeness.h"

#include <array>
#include <functional>
#include <map>
#include <string_view>

#include <fmt/core.h>

#include "base/entry_path.h"

namespace stamp::build {
namespace {

struct KnownProvider {
  std::string_view start;  ///< of the name without its folder
  std::string_view package;
};

/// What images that are put together by hand lack most often.
constexpr std::array<KnownProvider, 10> kProviders = {{{"sh", "dash"},
                                                       {"bash", "bash"},
                                                       {"python3", "python3-minimal"},
                                                       {"perl", "perl-base"},
                                                       {"env", "coreutils"},
                                                       {"awk", "mawk"},
                                                       {"ld-linux", "libc6"},
                                                       {"libc.so.6", "libc6"},
                                                       {"libgcc_s.so.1", "libgcc-s1"},
                                                       {"libstdc++.so.6", "libstdc++6"}}};

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string provider_of(std::string_view needed) {
  const std::string_view name = file_name(needed);
  for (const KnownProvider& known : kProviders) {
    const bool is_prefix = known.start == "ld-linux";
    if (is_prefix ? name.starts_with(known.start) : name == known.start) {
      return std::string(known.package);
    }
  }
  return "";
}

/// The interpreters of a `#!` line: itself, and what env looks for.
std::vector<std::string> interpreters(const std::string& line) {
  const std::string program = line.substr(0, line.find_first_of(" \t"));
  std::vector<std::string> found;
  if (program.starts_with('/')) found.push_back(program);
  return found;
}

/// Whether people start the programs in this folder by name. Elsewhere lie examples and modules
/// whose first line nobody uses.
bool is_program_folder(const EntryPath& folder) {
  return folder.name() == "bin" || folder.name() == "sbin" || folder.name() == "libexec";
}

bool is_documentation(const EntryPath& path) {
  static const EntryPath kDoc = EntryPath::parse("/usr/share/doc");
  return path.is_within(kDoc);
}

using ForEach = std::function<void(const layer::ListedEntry&)>;

void for_each_entry(const std::vector<const StoredLayer*>& layers, SegmentStore& store,
                    const ForEach& visit) {
  for (const StoredLayer* layer : layers) {
    for (const LayerPiece& piece : layer->pieces) {
      if (!piece.has_list()) continue;
      for (const layer::ListedEntry& listed : store.list(piece.segment).entries) visit(listed);
    }
  }
}

}  // namespace

std::string Gap::str() const {
  std::string text = fmt::format("nothing provides {}, which {}", needed, by);
  if (files == 1) text += " needs";
  if (files == 2) text += " and another file need";
  if (files > 2) text += fmt::format(" and {} other files need", files - 1);
  if (!package.empty()) text += fmt::format("; package '{}' does", package);
  return text;
}

std::vector<Gap> find_gaps(const std::vector<const StoredLayer*>& layers,
                           const debian::MergedUsr& merged, SegmentStore& store,
                           std::size_t foreign) {
  std::map<std::string, Gap> gaps;  // paths start with a slash, names of libraries do not
  const auto need = [&](const std::string& what, const layer::ListedEntry& listed) {
    Gap& gap = gaps[what];
    if (gap.files++ == 0) gap.by = listed.entry.path.absolute();
  };
  const auto first = layers.begin() + static_cast<std::ptrdiff_t>(foreign);
  for_each_entry({first, layers.end()}, store, [&](const layer::ListedEntry& listed) {
    const EntryPath& path = listed.entry.path;
    const bool executable = (listed.entry.mode & 0111U) != 0;
    if (is_documentation(path)) return;
    if (listed.elf) {
      if (!listed.elf->interpreter.empty()) need(listed.elf->interpreter, listed);
      for (const std::string& library : listed.elf->needed) need(library, listed);
    } else if (executable && !listed.script.empty() && is_program_folder(path.parent())) {
      for (const std::string& program : interpreters(listed.script)) need(program, listed);
    }
  });
  std::map<EntryPath, std::string> paths;  // where a needed path is in the image
  for (const auto& [what, gap] : gaps) {
    if (what.starts_with('/')) paths.emplace(merged.map(EntryPath::parse_member(what)), what);
  }
  for_each_entry(layers, store, [&](const layer::ListedEntry& listed) {
    if (gaps.empty()) return;
    gaps.erase(std::string(listed.entry.path.name()));
    const auto found = paths.find(listed.entry.path);
    if (found != paths.end()) gaps.erase(found->second);
  });
  std::vector<Gap> result;
  for (auto& [what, gap] : gaps) {
    gap.needed = what;
    gap.package = provider_of(what);
    result.push_back(std::move(gap));
  }
  return result;
}

}  // namespace stamp::build
