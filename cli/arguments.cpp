// The command line. CLI11 is used in this file alone.

#include "cli/arguments.h"

#include <algorithm>
#include <iterator>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "base/error.h"
#include "base/nearest.h"

namespace stamp::cli {
namespace {

/// Stands for `--update` without names: CLI11 would take the recipe that follows for a name.
constexpr std::string_view kUpdateAll = "--update=*";

/// A recipe or package name, and so on, has the shape of a word: no option, not empty.
std::vector<std::string_view> option_names(const CLI::App& app, std::vector<std::string>& storage) {
  for (const CLI::App* level = &app; level != nullptr; level = level->get_parent()) {
    for (const CLI::Option* option : level->get_options()) {
      for (const std::string& name : option->get_lnames()) storage.push_back("--" + name);
    }
  }
  return {storage.begin(), storage.end()};
}

std::vector<std::string_view> command_names(const CLI::App& app,
                                            std::vector<std::string>& storage) {
  for (const CLI::App* command : app.get_subcommands({})) storage.push_back(command->get_name());
  return {storage.begin(), storage.end()};
}

/// The innermost command that was recognised.
const CLI::App& innermost(const CLI::App& app) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.front());
}

std::string command_words(const CLI::App& app) {
  return app.get_parent() == nullptr ? std::string("stamp")
                                     : command_words(*app.get_parent()) + " " + app.get_name();
}

/// The words that no command and no option took make the message.
[[noreturn]] void refuse_word(const CLI::App& app, const std::string& word) {
  std::vector<std::string> storage;
  const bool is_option = word.starts_with('-');
  const std::vector<std::string_view> known =
      is_option ? option_names(app, storage) : command_names(app, storage);
  const std::string bare = word.substr(0, word.find('='));
  const std::optional<std::string> near = nearest(bare, known);
  throw Error(
      ErrorKind::usage,
      fmt::format("unknown {} '{}'{}", is_option ? "option" : "command", printable(bare, 80),
                  near ? fmt::format("; did you mean '{}'?", *near) : ""),
      {.hint = fmt::format("{} --help", command_words(app))});
}

/// The texts of the two global options that need parsing.
struct GlobalTexts {
  std::string cache;
  std::string progress = "auto";
  bool quiet = false;
  bool verbose = false;
};

void declare_global(CLI::App& app, GlobalOptions& options, GlobalTexts& texts) {
  app.add_option("-C,--directory", options.directory, "The workspace: the folder with stamp.yaml")
      ->type_name("DIR");
  app.add_option("--cache", texts.cache, "The cache folder (default: $STAMP_CACHE_DIR)")
      ->type_name("DIR");
  app.add_option("--progress", texts.progress, "How progress is shown: auto, tty, plain, json")
      ->type_name("MODE");
  auto* quiet = app.add_flag("-q,--quiet", texts.quiet, "Warnings and errors only");
  app.add_flag("-v,--verbose", texts.verbose, "Name every step that runs")->excludes(quiet);
}

void declare_recipes(CLI::App& command, std::vector<std::string>& recipes) {
  command.add_option("RECIPE", recipes, "Names of recipes (default: all)");
}

/// Where the options of every command go while they are parsed.
struct Parsed {
  GlobalOptions global;
  GlobalTexts texts;
  LockCommand lock;
  std::string update;
  BuildCommand build;
  PushCommand push;
  PinCommand pin;
  PinListCommand pin_list;
  std::string pin_update;  ///< as `update`
  CopyCommand copy;
  LoginCommand login;
  LogoutCommand logout;
  DoctorCommand doctor;
  GcCommand gc;
  PolicyKyvernoCommand policy;
  ExplainCommand explain;
  CacheStatsCommand stats;
  CacheVerifyCommand verify;
  CachePushCommand cache_push;
  CachePullCommand cache_pull;
  VersionCommand version;
  bool version_flag = false;
};

void declare_lock(CLI::App& app, Parsed& parsed) {
  CLI::App* lock = app.add_subcommand("lock", "Resolve recipes and write their stamp.lock");
  declare_recipes(*lock, parsed.lock.recipes);
  lock->add_option("--update", parsed.update,
                   "Take the newest versions of all packages, or of these")
      ->type_name("[=NAME,...]");
  lock->add_flag("--check", parsed.lock.check, "Write nothing; exit 3 if a lock would change");
}

void declare_build(CLI::App& app, Parsed& parsed) {
  CLI::App* build = app.add_subcommand("build", "Build images");
  declare_recipes(*build, parsed.build.recipes);
  build->add_option("--platform", parsed.build.platforms, "Build for this platform only")
      ->type_name("OS/ARCH")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  build
      ->add_option("--output", parsed.build.outputs,
                   "Write the images: oci:DIR[:TAG], oci-archive:FILE or docker-archive:FILE")
      ->type_name("WHERE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  build->add_flag("--locked", parsed.build.locked, "Never resolve: a stale lock is an error");
  build->add_flag("--check", parsed.build.check,
                  "Build again from nothing and compare; exit 3 if it differs");
  build->add_flag("--json", parsed.build.json, "Print the result as JSON");
}

void declare_push(CLI::App& app, Parsed& parsed) {
  CLI::App* push = app.add_subcommand("push", "Build images and publish them in a registry");
  declare_recipes(*push, parsed.push.recipes);
  push->add_option("--to", parsed.push.to,
                   "Publish there (default: 'publish: repository' of stamp.yaml); {name} stands "
                   "for the recipe's name")
      ->type_name("REPOSITORY");
  push->add_option("--tag", parsed.push.tags, "The tag to set (default: latest); may be repeated")
      ->type_name("TAG")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  push->add_flag("--locked", parsed.push.locked, "Never resolve: a stale lock is an error");
  push->add_flag("--json", parsed.push.json, "Print the result as JSON");
}

void declare_manifests(CLI::App& command, std::vector<std::filesystem::path>& paths,
                       std::string& to) {
  command.add_option("PATH", paths,
                     "Files and folders of manifests (default: 'pin: manifests' of stamp.yaml)");
  command
      .add_option("--to", to,
                  "Where the images are published (default: 'publish: repository' of stamp.yaml)")
      ->type_name("REPOSITORY");
}

void declare_pin(CLI::App& app, Parsed& parsed) {
  CLI::App* pin = app.add_subcommand("pin", "Write the digests of images into manifests");
  pin->require_subcommand(0, 1);
  declare_manifests(*pin, parsed.pin.paths, parsed.pin.to);
  pin->add_flag("--all", parsed.pin.all,
                "Pin the images of others too, by what their tags name; kept in pins.lock");
  pin->add_option("--update", parsed.pin_update,
                  "With --all: take what tags name today, of all or of the named repositories")
      ->type_name("[=REPOSITORY,…]")
      ->expected(0, 1);
  pin->add_option("--image-lock", parsed.pin.image_lock,
                  "With --all: take the digests that a lock of kbld or imgpkg has")
      ->type_name("FILE");
  pin->add_option("--output", parsed.pin.output,
                  "Write kbld's lock (kbld:FILE) or an ImagesLock (imgpkg:FILE) and leave the "
                  "manifests as they are")
      ->type_name("KIND:FILE");
  pin->add_flag("--check", parsed.pin.check, "Change nothing; exit 3 if something would change");
  pin->add_flag("--diff", parsed.pin.diff, "Change nothing; show what would change");
  pin->add_flag("--offline", parsed.pin.offline,
                "Ask no registry: take digests from the locks alone");
  pin->add_flag("--json", parsed.pin.json, "Print the result as JSON");
  CLI::App* list = pin->add_subcommand("list", "List every image that manifests name");
  declare_manifests(*list, parsed.pin_list.paths, parsed.pin_list.to);
  list->add_flag("--json", parsed.pin_list.json, "Print the result as JSON");
  list->fallthrough();
}

void declare_copy(CLI::App& app, Parsed& parsed) {
  constexpr const char* kPlaces =
      "docker://REFERENCE, oci:DIR[:TAG], oci-archive:FILE[:TAG] or "
      "docker-archive:FILE[:REFERENCE]";
  CLI::App* copy =
      app.add_subcommand("copy", "Copy an image between registries, folders and files");
  copy->add_option("SOURCE", parsed.copy.from, kPlaces)->required();
  copy->add_option("DESTINATION", parsed.copy.to, "Likewise")->required();
  auto* all = copy->add_flag("--all-platforms", parsed.copy.all_platforms,
                             "Copy the image for all platforms (the default)");
  copy->add_option("--platform", parsed.copy.platform, "Copy the image for this platform only")
      ->type_name("OS/ARCH")
      ->excludes(all);
  copy->add_flag("--referrers", parsed.copy.referrers,
                 "Copy also what refers to the image: signatures, SBOMs");
  copy->add_flag("--json", parsed.copy.json, "Print the result as JSON");
}

void declare_login(CLI::App& app, Parsed& parsed) {
  CLI::App* login = app.add_subcommand("login", "Keep credentials for a registry");
  login->add_option("HOST", parsed.login.host, "The registry: registry.example:5000")->required();
  login->add_option("--username", parsed.login.username, "Who (default: asked for)")
      ->type_name("NAME");
  login->add_flag("--password-stdin", parsed.login.password_stdin,
                  "Read the password from standard input (default: asked for on the terminal)");
  CLI::App* logout = app.add_subcommand("logout", "Forget the credentials for a registry");
  logout->add_option("HOST", parsed.logout.host, "The registry")->required();
}

void declare_published(CLI::App& app, Parsed& parsed) {
  CLI::App* doctor =
      app.add_subcommand("doctor", "Look whether all that manifests pin is in its registry");
  doctor->add_option("PATH", parsed.doctor.paths,
                     "Files and folders with manifests (default: 'pin: manifests' of stamp.yaml)");
  doctor
      ->add_option("--platform", parsed.doctor.platforms,
                   "What the nodes are (default: a recipe's platforms, else those of stamp.yaml); "
                   "may be repeated")
      ->type_name("OS/ARCH")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  doctor->add_flag("--own", parsed.doctor.own, "Only images of this workspace");
  doctor->add_flag("--json", parsed.doctor.json, "Print the result as JSON");
  CLI::App* gc = app.add_subcommand("gc", "List published tags that no manifest refers to");
  gc->add_option("--referenced-by", parsed.gc.paths,
                 "Files and folders with manifests, beside 'pin: manifests' of stamp.yaml; may be "
                 "repeated")
      ->type_name("PATH")
      ->required();
  gc->add_flag("--delete", parsed.gc.remove, "Delete them");
  gc->add_flag("--json", parsed.gc.json, "Print the result as JSON");
}

void declare_policy(CLI::App& app, Parsed& parsed) {
  CLI::App* policy = app.add_subcommand("policy", "Print a policy for a cluster");
  CLI::App* kyverno =
      policy->add_subcommand("kyverno", "Admit the workspace's images by digest only");
  declare_recipes(*kyverno, parsed.policy.recipes);
  kyverno
      ->add_option("--to", parsed.policy.to,
                   "Where they are published (default: 'publish: repository' of stamp.yaml); "
                   "{name} stands for the recipe's name")
      ->type_name("REPOSITORY");
  kyverno->fallthrough();
}

void declare_explain(CLI::App& app, Parsed& parsed) {
  CLI::App* explain =
      app.add_subcommand("explain", "Tell what a package's maintainer scripts do to an image");
  explain->add_option("RECIPE", parsed.explain.recipe, "Name of a recipe")->required();
  explain->add_option("--package", parsed.explain.package, "The package")
      ->type_name("NAME")
      ->required();
  explain
      ->add_option("--platform", parsed.explain.platform,
                   "For this platform (default: the recipe's first)")
      ->type_name("OS/ARCH");
  explain->add_flag("--json", parsed.explain.json, "Print it as JSON");
}

void declare_sharing(CLI::App& cache, Parsed& parsed) {
  CLI::App* push = cache.add_subcommand("push", "Share results with other machines");
  declare_recipes(*push, parsed.cache_push.recipes);
  push->add_option("--to", parsed.cache_push.to,
                   "Share there (default: 'cache: repository' of stamp.yaml or of the settings)")
      ->type_name("REPOSITORY");
  push->add_option("--key", parsed.cache_push.key,
                   "Sign with this private key (default: 'cache: signing-key' of the settings)")
      ->type_name("FILE");
  push->add_flag("--repair", parsed.cache_push.repair,
                 "Send also what the registry seems to have: it may have lost a part");
  push->add_flag("--json", parsed.cache_push.json, "Print the result as JSON");
  CLI::App* pull = cache.add_subcommand("pull", "Take what other machines shared");
  declare_recipes(*pull, parsed.cache_pull.recipes);
  pull->add_option("--from", parsed.cache_pull.from,
                   "Take it from there (default: 'cache: repository' of stamp.yaml or of the "
                   "settings)")
      ->type_name("REPOSITORY");
  pull->add_option("--trust", parsed.cache_pull.trust,
                   "Believe what this public key signed (default: 'cache: trusted-keys' of the "
                   "settings); may be repeated")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  pull->add_flag("--json", parsed.cache_pull.json, "Print the result as JSON");
  for (CLI::App* command : {push, pull}) command->fallthrough();
}

void declare_others(CLI::App& app, Parsed& parsed) {
  CLI::App* cache = app.add_subcommand("cache", "Look after the cache");
  CLI::App* stats = cache->add_subcommand("stats", "Tell what the cache holds");
  stats->add_flag("--json", parsed.stats.json, "Print it as JSON");
  CLI::App* verify = cache->add_subcommand("verify", "Hash everything in the cache and compare");
  verify->add_flag("--json", parsed.verify.json, "Print it as JSON");
  declare_sharing(*cache, parsed);
  CLI::App* version = app.add_subcommand("version", "Tell the version");
  version->add_flag("--json", parsed.version.json, "Print it as JSON");
  for (CLI::App* command : {cache, stats, verify, version}) command->fallthrough();
}

std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    if (end > start) names.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return names;
}

/// Whether a command is one of `stamp cache`.
bool is_below_cache(const CLI::App& command) {
  return command.get_parent()->get_name() == "cache";
}

/// What `--update` says: all, or these.
template <typename Updating>
void take_update(Updating& command, const std::string& said) {
  command.update_all = said == "*";
  if (!command.update_all) command.update = split_names(said);
}

Command chosen_command(const CLI::App& app, Parsed& parsed) {
  if (parsed.version_flag) return parsed.version;
  const CLI::App& command = innermost(app);
  const std::string& name = command.get_name();
  if (name == "lock") {
    take_update(parsed.lock, parsed.update);
    return parsed.lock;
  }
  if (name == "build") return parsed.build;
  if (name == "push") return is_below_cache(command) ? Command(parsed.cache_push) : parsed.push;
  if (name == "pin") {
    take_update(parsed.pin, parsed.pin_update);
    return parsed.pin;
  }
  if (name == "list") return parsed.pin_list;
  if (name == "pull") return parsed.cache_pull;
  if (name == "copy") return parsed.copy;
  if (name == "login") return parsed.login;
  if (name == "logout") return parsed.logout;
  if (name == "doctor") return parsed.doctor;
  if (name == "gc") return parsed.gc;
  if (name == "kyverno") return parsed.policy;
  if (name == "explain") return parsed.explain;
  if (name == "stats") return parsed.stats;
  if (name == "verify") return parsed.verify;
  if (name == "version") return parsed.version;
  throw Error(ErrorKind::usage, fmt::format("'{}' needs a command", command_words(command)),
              {.hint = fmt::format("{} --help", command_words(command))});
}

}  // namespace

Invocation parse_arguments(std::vector<std::string> words) {
  Parsed parsed;
  CLI::App app("Bit-reproducible OCI images from locked Debian packages", "stamp");
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.add_flag("--version", parsed.version_flag, "Tell the version");
  declare_global(app, parsed.global, parsed.texts);
  declare_lock(app, parsed);
  declare_build(app, parsed);
  declare_push(app, parsed);
  declare_pin(app, parsed);
  declare_copy(app, parsed);
  declare_login(app, parsed);
  declare_published(app, parsed);
  declare_policy(app, parsed);
  declare_explain(app, parsed);
  declare_others(app, parsed);
  for (CLI::App* command : app.get_subcommands({})) command->fallthrough();

  for (std::string& word : words) {
    if (word == "--update") word = kUpdateAll;
  }
  std::reverse(words.begin(), words.end());  // the order in which CLI11 takes them
  try {
    app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    return {parsed.global, HelpCommand{innermost(app).help("", CLI::AppFormatMode::Normal)}};
  } catch (const CLI::ExtrasError&) {
    const CLI::App& command = innermost(app);
    std::vector<std::string> extra = app.remaining(true);
    if (extra.empty()) extra.emplace_back();
    refuse_word(command, extra.front());
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorKind::usage, printable(error.what(), 300),
                {.hint = fmt::format("{} --help", command_words(innermost(app)))});
  }
  if (!parsed.texts.cache.empty()) parsed.global.cache = parsed.texts.cache;
  parsed.global.progress =
      parsed.texts.quiet ? ProgressMode::quiet : parse_progress_mode(parsed.texts.progress);
  if (parsed.texts.verbose) parsed.global.verbosity = Verbosity::verbose;
  Command command = chosen_command(app, parsed);
  return {parsed.global, std::move(command)};
}

}  // namespace stamp::cli
