// What needs more than a recipe's own text: the files beside it, and the accounts of its bases.

#include <charconv>
#include <system_error>

#include <sys/stat.h>

#include <fmt/core.h>

#include "base/error.h"
#include "workspace/recipe.h"

namespace stamp::workspace {
namespace {

enum class Wanted { file, folder };

/// Appends a problem when `source` is not there, is not what is wanted, or lies elsewhere.
void check_source(const Recipe& recipe, const SourcePath& source, Wanted wanted,
                  std::vector<Diagnostic>& problems) {
  if (source.text.empty()) return;  // reported while it was read
  const auto report = [&](std::string_view what) {
    problems.push_back(recipe.problem(source.position, fmt::format("'{}' {}", source.text, what)));
  };
  struct stat status {};
  if (::stat(source.path.c_str(), &status) != 0) {
    return report(fmt::format("cannot be read: {}", describe_errno(errno)));
  }
  if (wanted == Wanted::file && !S_ISREG(status.st_mode)) return report("is not a file");
  if (wanted == Wanted::folder && !S_ISDIR(status.st_mode)) return report("is not a folder");
  // Most paths hold no link, and then nothing needs to be resolved.
  std::filesystem::path walked = recipe.folder;
  bool holds_link = false;
  for (const std::filesystem::path& component : std::filesystem::path(source.text)) {
    walked /= component;
    if (::lstat(walked.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) holds_link = true;
  }
  if (!holds_link) return;
  std::error_code error;
  const auto real = std::filesystem::canonical(source.path, error);
  const auto folder = std::filesystem::canonical(recipe.folder, error);
  const std::string inside = real.lexically_relative(folder).string();
  if (error || inside.empty() || inside == ".." || inside.starts_with("../")) {
    report("is a link that leaves the recipe's folder");
  }
}

/// Finds the numbers of accounts.
class AccountsView {
 public:
  AccountsView(const Recipe& recipe, std::span<const Recipe* const> bases)
      : recipe_(recipe), bases_(bases) {}

  std::optional<std::uint32_t> gid(std::string_view name) const {
    if (name == "root") return 0;
    const Group* found = nullptr;
    each([&](const Accounts& accounts) {
      for (const Group& group : accounts.groups) {
        if (found == nullptr && group.name == name) found = &group;
      }
    });
    if (found == nullptr) return std::nullopt;
    return found->gid;
  }

  std::optional<std::uint32_t> uid(std::string_view name) const {
    if (name == "root") return 0;
    const User* found = find_user(name);
    if (found == nullptr) return std::nullopt;
    return found->uid;
  }

  /// The name of a user's group.
  std::optional<std::string> group_of(std::string_view user) const {
    if (user == "root") return "root";
    const User* found = find_user(user);
    if (found == nullptr) return std::nullopt;
    return found->group;
  }

 private:
  template <typename Visit>
  void each(Visit&& visit) const {
    visit(recipe_.accounts);
    for (const Recipe* base : bases_) visit(base->accounts);
  }

  const User* find_user(std::string_view name) const {
    const User* found = nullptr;
    each([&](const Accounts& accounts) {
      for (const User& user : accounts.users) {
        if (found == nullptr && user.name == name) found = &user;
      }
    });
    return found;
  }

  const Recipe& recipe_;
  std::span<const Recipe* const> bases_;
};

std::optional<std::uint32_t> parse_id(std::string_view text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id == UINT32_MAX) {
    return std::nullopt;
  }
  return id;
}

/// Makes ids of `owner`; the result is what is wrong with it, or empty.
std::string resolve_owner(const AccountsView& accounts, Owner& owner) {
  if (owner.unresolved.empty()) return {};
  const std::string_view text = owner.unresolved;
  const std::size_t colon = text.find(':');
  const std::string_view user = text.substr(0, colon);
  std::string group;
  if (colon != std::string_view::npos) {
    group = text.substr(colon + 1);
  } else if (parse_id(user)) {
    return fmt::format("'owner: {}' names no group; write \"uid:gid\"", text);
  } else {
    group = accounts.group_of(user).value_or(std::string());
  }
  const auto uid = parse_id(user) ? parse_id(user) : accounts.uid(user);
  if (!uid) return fmt::format("unknown user '{}'; 'accounts' has none of that name", user);
  const auto gid = parse_id(group) ? parse_id(group) : accounts.gid(group);
  if (!gid) return fmt::format("unknown group '{}'; 'accounts' has none of that name", group);
  owner.uid = *uid;
  owner.gid = *gid;
  owner.unresolved.clear();
  return {};
}

/// Visits the owners that a layer names.
template <typename Visit>
void each_owner(Layer& layer, Visit&& visit) {
  if (auto* files = std::get_if<Files>(&layer)) {
    for (FileItem& item : files->items) visit(item.owner);
  }
  if (auto* tree = std::get_if<Tree>(&layer)) visit(tree->owner);
  if (auto* archive = std::get_if<Archive>(&layer)) visit(archive->owner);
}

}  // namespace

void check_sources(const Recipe& recipe, std::vector<Diagnostic>& problems) {
  if (recipe.from.kind == From::Kind::layout) {
    check_source(recipe, recipe.from.layout, Wanted::folder, problems);
  }
  for (const Layer& layer : recipe.layers) {
    if (const auto* tree = std::get_if<Tree>(&layer)) {
      check_source(recipe, tree->source, Wanted::folder, problems);
    }
    const auto* files = std::get_if<Files>(&layer);
    if (files == nullptr) continue;
    for (const FileItem& item : files->items) {
      if (item.kind != FileItem::Kind::source) continue;
      check_source(recipe, item.source, Wanted::file, problems);
    }
  }
}

void resolve_owners(Recipe& recipe, std::span<const Recipe* const> bases,
                    std::vector<Diagnostic>& problems) {
  const AccountsView accounts(recipe, bases);
  for (User& user : recipe.accounts.users) {
    if (user.group.empty()) continue;  // reported while it was read
    if (const auto gid = accounts.gid(user.group)) {
      user.gid = *gid;
    } else {
      problems.push_back(recipe.problem(
          user.group_position,
          fmt::format("unknown group '{}'; 'accounts' has none of that name", user.group)));
    }
  }
  for (Layer& layer : recipe.layers) {
    each_owner(layer, [&](Owner& owner) {
      std::string problem = resolve_owner(accounts, owner);
      if (!problem.empty()) {
        problems.push_back(recipe.problem(owner.position, std::move(problem)));
      }
    });
  }
}

}  // namespace stamp::workspace
