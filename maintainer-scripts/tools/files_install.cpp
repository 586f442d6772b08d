#include <fmt/core.h>

#include "maintainer-scripts/tools/files.h"
#include "maintainer-scripts/tools/files_copier.h"

namespace stamp::scripts {
namespace {

constexpr LongOption kOptions[] = {
    {"backup", Argument::optional, "backup"}, {"compare", Argument::none, "C"},
    {"directory", Argument::none, "d"},       {"group", Argument::required, "g"},
    {"mode", Argument::required, "m"},        {"no-target-directory", Argument::none, "T"},
    {"owner", Argument::required, "o"},       {"preserve-timestamps", Argument::none, "p"},
    {"suffix", Argument::required, "S"},      {"target-directory", Argument::required, "t"},
    {"verbose", Argument::none, "v"},
};
constexpr std::uint32_t kParentMode = 0755;

/// What files and folders get.
struct Attributes {
  std::optional<ModeChange> mode;
  std::optional<std::uint64_t> uid;
  std::optional<std::uint64_t> gid;
};

/// Nothing after a message.
std::optional<Attributes> attributes_of(Process& process, const Options& options) {
  Attributes attributes;
  const std::string* mode = options.value("m");
  attributes.mode = ModeChange::parse(mode ? *mode : "00755");
  if (!attributes.mode) {
    complain(process, fmt::format("invalid mode {}", quoted(*mode)));
    return std::nullopt;
  }
  if (const std::string* owner = options.value("o")) {
    attributes.uid = user_id(process, *owner);
    if (!attributes.uid) {
      complain(process, fmt::format("invalid user {}", quoted(*owner)));
      return std::nullopt;
    }
  }
  if (const std::string* group = options.value("g")) {
    attributes.gid = group_id(process, *group);
    if (!attributes.gid) {
      complain(process, fmt::format("invalid group {}", quoted(*group)));
      return std::nullopt;
    }
  }
  return attributes;
}

void set_attributes(Process& process, const std::string& path, const Attributes& attributes) {
  Tree& tree = process.machine.tree;
  const std::string absolute = process.absolute(path);
  const Found found = tree.find(absolute);
  const bool is_folder = found.inode->is_directory();
  // Set-id bits of a folder that nobody mentions stay.
  const std::uint32_t before = is_folder ? found.inode->mode & 06000U : 0;
  const std::uint32_t mode =
      attributes.mode->apply(before, is_folder ? ModeChange::Of::folder : ModeChange::Of::file, 0);
  if (attributes.uid || attributes.gid) {
    (void)tree.set_owner(absolute, attributes.uid, attributes.gid);
  }
  (void)tree.set_mode(absolute, mode);
}

class Installer {
 public:
  Installer(Process& process, const Options& options, Attributes attributes)
      : process_(process), options_(options), attributes_(std::move(attributes)) {
    verbose_ = options.has("v");
  }

  int make_folder(const std::string& path) {
    const MadeFolders made_all =
        make_directories(process_, path, kParentMode, kParentMode, [this](std::string_view made) {
          if (verbose_) {
            process_.out(fmt::format("{}: creating directory {}\n", process_.name(), quoted(made)));
          }
        });
    if (made_all.error != std::errc()) {
      return complain(process_, fmt::format("cannot create directory {}", quoted(made_all.path)),
                      made_all.error);
    }
    set_attributes(process_, path, attributes_);
    return 0;
  }

  int make_parents(const std::string& path) {
    const std::string_view parent = std::string_view(path).substr(0, path.rfind('/') + 1);
    if (without_trailing_slashes(parent).empty()) return 0;
    const MadeFolders made = make_directories(process_, parent, kParentMode, kParentMode);
    if (made.error == std::errc()) return 0;
    return complain(process_, fmt::format("cannot create directory {}", quoted(made.path)),
                    made.error);
  }

  int install(const std::string& from, const std::string& to) {
    const Found source = find(process_, from);
    if (source && source.inode->is_directory()) {
      return complain(process_, fmt::format("omitting directory {}", quoted(from)));
    }
    if (options_.has("C") && source && is_same(source, to)) return 0;
    CopyOptions copy;
    copy.remove_destination = true;
    copy.keep_time = options_.has("p");
    copy.verbose = verbose_;
    copy.backup_suffix = backup_suffix(options_);
    const int status = Copier(process_, copy).copy(from, to);
    if (status == 0) set_attributes(process_, to, attributes_);
    return status;
  }

 private:
  /// -C: whether the target has the content and attributes already.
  bool is_same(const Found& source, const std::string& to) {
    const Found there = find(process_, to, LastLink::keep);
    if (!there || !there.inode->is_file() || !source.inode->is_file()) return false;
    const std::uint32_t mode = attributes_.mode->apply(0, ModeChange::Of::file, 0);
    Tree& tree = process_.machine.tree;
    return there.inode->mode == mode && there.inode->uid == attributes_.uid.value_or(0) &&
           there.inode->gid == attributes_.gid.value_or(0) &&
           there.inode->size == source.inode->size &&
           tree.read(*there.inode) == tree.read(*source.inode);
  }

  Process& process_;
  const Options& options_;
  Attributes attributes_;
  bool verbose_ = false;
};

}  // namespace

int install(Process& process) {
  const Options options = parse_options(process, "bcCdDg:m:o:pS:t:TvZ", kOptions);
  std::optional<Attributes> attributes = attributes_of(process, options);
  if (!attributes) return 1;
  Installer installer(process, options, std::move(*attributes));
  int status = 0;
  if (options.has("d")) {
    if (options.operands.empty()) return usage_error(process, "missing file operand");
    for (const std::string& path : options.operands) status |= installer.make_folder(path);
    return status;
  }
  if (options.has("D")) {
    const std::string* folder = options.value("t");
    if (folder) status = installer.make_parents(*folder + "/");
    if (!folder && options.operands.size() == 2) {
      status = installer.make_parents(options.operands.back());
    }
    if (status != 0) return status;
  }
  const std::optional<Destination> to = destination_of(
      process, options, options.has("T") ? TargetFolder::never : TargetFolder::if_there);
  if (!to) return 1;
  for (const std::string& source : to->sources) {
    status |= installer.install(
        source, to->is_folder ? joined(to->target, last_component(source)) : to->target);
  }
  return status;
}

}  // namespace stamp::scripts
