// mkfontscale of xfonts-utils 7.7, as mkfontdir calls it (-b -s -l): fonts.dir of folders whose
// scalable fonts fonts.scale lists and which hold no bitmaps, and encodings.dir.

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "base/stream.h"
#include "layer/codec.h"
#include "maintainer-scripts/accounts/records.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/derived_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts::derived {
namespace {

using Lines = std::multiset<std::string, std::less<>>;

std::string counted(const Lines& lines) {
  std::string text = fmt::format("{}\n", lines.size());
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r";
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    words.push_back(line.substr(0, line.find_first_of(kSpace)));
    line.remove_prefix(words.back().size());
  }
}

std::string unpacked(const Process& process, const std::string& path, const std::string& packed) {
  const auto bytes = std::as_bytes(std::span(packed));
  BytesSourceView in(bytes);
  if (layer::detect_format(bytes.first(std::min(packed.size(), layer::kFormatMagic))) !=
      layer::Format::gzip) {
    throw Unknown(fmt::format("encoding '{}' is not in gzip format", path));
  }
  const auto decoder = layer::make_decoder(layer::Format::gzip, in, path);
  return read_all(*decoder, process.machine.budget.limits().output, path);
}

/// The names that a file of an encoding says it has.
void add_names(const Process& process, const std::string& path, const std::string& packed,
               Lines& lines) {
  const std::string text = unpacked(process, path, packed);
  process.machine.budget.take_steps(1 + text.size() / 4096);
  for (const std::string& line : accounts::lines_of(text)) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.empty()) continue;
    if (words[0] == "STARTMAPPING") return;
    if (words.size() < 2 || (words[0] != "STARTENCODING" && words[0] != "ALIAS")) continue;
    std::string name(words[1]);
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    lines.insert(fmt::format("{} {}", name, path));
  }
}

Lines encodings_of(const Process& process, const std::vector<Option>& options) {
  Lines lines;
  const Tree& tree = process.machine.tree;
  for (const Option& option : options) {
    if (option.name != "e") continue;
    const Found folder = tree.find(process.absolute(*option.value));
    if (!folder || !folder.inode->is_directory()) continue;
    const auto children = folder.inode->children;
    for (const auto& [name, child] : children) {
      const std::string path = fmt::format("{}/{}", *option.value, name);
      if (name == "encodings.dir" || !child->is_file()) continue;
      if (!name.ends_with(".enc.gz")) {
        throw Unknown(fmt::format("whether '{}' is an encoding is not known", path));
      }
      add_names(process, path, tree.read(*child), lines);
    }
  }
  return lines;
}

/// Of a folder's fonts.scale what it says of each font.
Lines scalable_fonts(const Tree& tree, const std::string& folder) {
  constexpr std::string_view kNoBitmaps[] = {".afm", ".alias", ".dir",   ".enc", ".otf", ".pfa",
                                             ".pfb", ".pfm",   ".scale", ".t1",  ".ttc", ".ttf"};
  for (const auto& [name, child] : tree.find(folder).inode->children) {
    const std::string_view file = name;
    if (std::none_of(std::begin(kNoBitmaps), std::end(kNoBitmaps),
                     [&](std::string_view suffix) { return file.ends_with(suffix); })) {
      throw Unknown(fmt::format("whether '{}/{}' is a bitmap font is not known", folder, name));
    }
  }
  Lines lines;
  std::set<std::string> names;
  const auto text = accounts::read_text(tree, fmt::format("{}/fonts.scale", folder));
  if (!text) return lines;
  const std::vector<std::string> all = accounts::lines_of(*text);
  for (std::size_t i = 1; i < all.size(); ++i) {
    const std::string_view line = all[i];
    const std::size_t space = line.find(' ');
    const std::size_t name = std::min(line.find_first_not_of(' ', space), line.size());
    if (space == 0 || name == line.size() || !names.emplace(line.substr(name)).second) {
      throw Unknown(fmt::format("line {} of '{}/fonts.scale'", i + 1, folder));
    }
    lines.insert(fmt::format("{} {}", line.substr(0, space), line.substr(name)));
  }
  return lines;
}

}  // namespace

int mkfontscale(Process& process) {
  const Options options = parse_options(process, "bsle:");
  if (!options.has("b") || !options.has("s") || options.operands.empty()) {
    throw Unknown("what scalable fonts hold is not known");
  }
  // The real one has used the list of encodings up after the first folder.
  if (options.has("e") && options.operands.size() != 1) throw Unknown("several folders");
  Tree& tree = process.machine.tree;
  for (const std::string& operand : options.operands) {
    const std::string folder = process.absolute(operand);
    const Found found = tree.find(folder);
    if (!found || !found.inode->is_directory()) {
      process.err(fmt::format("{}/: opendir: No such file or directory\n", operand));
      continue;
    }
    tree.write(fmt::format("{}/fonts.dir", folder), counted(scalable_fonts(tree, folder)), 0644);
    const std::string list = fmt::format("{}/encodings.dir", folder);
    const Lines encodings = encodings_of(process, options.given);
    tree.unlink(list);
    if (!encodings.empty()) tree.write(list, counted(encodings), 0644);
  }
  return 0;
}

}  // namespace stamp::scripts::derived
