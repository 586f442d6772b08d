#include "maintainer-scripts/tools/debian_diversions.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/tools/debian_common.h"

namespace stamp::scripts {
namespace {

constexpr const char* kFile = "/var/lib/dpkg/diversions";

const Diversion* first_where(const std::vector<Diversion>& list, std::string Diversion::*member,
                             std::string_view path) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [member, path](const Diversion& d) { return d.*member == path; });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

Diversions Diversions::read(const Tree& tree) {
  Diversions diversions;
  const std::vector<std::string> lines = lines_of(file_text(tree, kFile).value_or(""));
  if (lines.size() % 3 != 0) {
    throw Error(ErrorKind::corrupt,
                fmt::format("cannot read '{}': its lines do not come in threes", kFile));
  }
  for (std::size_t i = 0; i < lines.size(); i += 3) {
    const std::string& package = lines[i + 2];
    diversions.add({lines[i], lines[i + 1], package == ":" ? std::string() : package});
  }
  return diversions;
}

std::errc Diversions::write(Tree& tree) const {
  std::string text;
  for (const Diversion& diversion : all()) {
    text += fmt::format("{}\n{}\n{}\n", diversion.from, diversion.to,
                        diversion.package.empty() ? ":" : diversion.package);
  }
  return write_file(tree, kFile, std::move(text));
}

std::vector<Diversion> Diversions::all() const {
  std::vector<Diversion> sorted = list_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diversion& a, const Diversion& b) {
    return dpkg_position(a.from) < dpkg_position(b.from);
  });
  return sorted;
}

std::string Diversions::divert(std::string_view path, std::string_view package) const {
  const Diversion* diversion = of(path);
  const bool own =
      diversion != nullptr && !diversion->package.empty() && diversion->package == package;
  return diversion == nullptr || own ? std::string(path) : diversion->to;
}

const Diversion* Diversions::of(std::string_view path) const {
  return first_where(list_, &Diversion::from, path);
}

const Diversion* Diversions::to(std::string_view path) const {
  return first_where(list_, &Diversion::to, path);
}

void Diversions::remove(std::string_view path) {
  std::erase_if(list_, [path](const Diversion& d) { return d.from == path; });
}

}  // namespace stamp::scripts
