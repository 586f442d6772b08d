#include "maintainer-scripts/dpkg/triggers.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

}  // namespace

void Triggers::add(std::size_t package, std::string_view file) {
  while (!file.empty()) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    std::string_view line = file.substr(0, end);
    file.remove_prefix(std::min(end + 1, file.size()));
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const std::size_t blank = std::min(line.find_first_of(kBlanks), line.size());
    const std::string_view directive = line.substr(0, blank);
    const std::string name(trimmed(line.substr(blank)));
    const bool interest =
        directive == "interest" || directive == "interest-await" || directive == "interest-noawait";
    const bool activate =
        directive == "activate" || directive == "activate-await" || directive == "activate-noawait";
    if (name.empty() || !(interest || activate)) {
      throw Error(ErrorKind::invalid,
                  fmt::format("cannot read the triggers of a package: the line '{}'",
                              printable(line, 200)));
    }
    (interest ? interests_ : activates_)[package].push_back(name);
  }
}

void Triggers::listen(std::size_t package) {
  const auto found = interests_.find(package);
  if (found == interests_.end()) return;
  for (std::string& name : found->second) {
    if (name.starts_with('/')) paths_.push_back(name);
    listeners_.emplace(std::move(name), package);
  }
  interests_.erase(found);
}

void Triggers::activate(std::string_view name) {
  if (!name.starts_with('/')) {
    const auto [first, last] = listeners_.equal_range(name);
    for (auto at = first; at != last; ++at) note(at->second, at->first);
    return;
  }
  for (const std::string& path : paths_) {
    const bool within = name.starts_with(path) && (name.size() == path.size() ||
                                                   path.back() == '/' || name[path.size()] == '/');
    if (!within) continue;
    const auto [first, last] = listeners_.equal_range(path);
    for (auto at = first; at != last; ++at) note(at->second, at->first);
  }
}

void Triggers::note(std::size_t package, const std::string& name) {
  const auto same = [package](const Pending& pending) { return pending.package == package; };
  auto pending = std::find_if(pending_.begin(), pending_.end(), same);
  if (pending == pending_.end()) pending = pending_.insert(pending_.end(), Pending{package, {}});
  std::vector<std::string>& names = pending->names;
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

const std::vector<std::string>& Triggers::activated_by(std::size_t package) const {
  static const std::vector<std::string> kNothing;
  const auto found = activates_.find(package);
  return found == activates_.end() ? kNothing : found->second;
}

std::vector<Triggers::Pending> Triggers::take_pending() {
  return std::exchange(pending_, {});
}

}  // namespace stamp::scripts
