#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/progress.h"

namespace stamp::cli {

/// What stands before or after the command and applies to all of them.
struct GlobalOptions {
  std::filesystem::path directory = ".";
  std::optional<std::filesystem::path> cache;
  ProgressMode progress = ProgressMode::automatic;
  Verbosity verbosity = Verbosity::normal;
};

/// `stamp lock`
struct LockCommand {
  std::vector<std::string> recipes;
  bool update_all = false;
  std::vector<std::string> update;  ///< names of packages
  bool check = false;
};

/// `stamp build`
struct BuildCommand {
  std::vector<std::string> recipes;
  std::vector<std::string> platforms;
  std::vector<std::string> outputs;
  bool locked = false;
  bool check = false;
  bool json = false;
};

/// `stamp push`
struct PushCommand {
  std::vector<std::string> recipes;
  std::string to;                 ///< a repository, "{name}" in it; empty: `publish.repository`
  std::vector<std::string> tags;  ///< empty: "latest"
  bool locked = false;
  bool json = false;
};

/// `stamp copy`
struct CopyCommand {
  std::string from;
  std::string to;
  bool all_platforms = false;  ///< what an empty `platform` means, said aloud
  std::string platform;        ///< empty: all
  bool referrers = false;
  bool json = false;
};

/// `stamp login`
struct LoginCommand {
  std::string host;
  std::string username;  ///< empty: asked for
  bool password_stdin = false;
};

/// `stamp logout`
struct LogoutCommand {
  std::string host;
};

/// `stamp doctor`
struct DoctorCommand {
  std::vector<std::filesystem::path> paths;  ///< empty: `pin.manifests`
  std::vector<std::string> platforms;
  bool own = false;  ///< images of the workspace only
  bool json = false;
};

/// `stamp gc`
struct GcCommand {
  std::vector<std::filesystem::path> paths;  ///< beside `pin.manifests`
  bool remove = false;
  bool json = false;
};

/// `stamp policy kyverno`
struct PolicyKyvernoCommand {
  std::vector<std::string> recipes;
  std::string to;  ///< as PushCommand's
};

/// `stamp explain`
struct ExplainCommand {
  std::string recipe;
  std::string package;
  std::string platform;  ///< empty: the recipe's first
  bool json = false;
};

/// `stamp pin`
struct PinCommand {
  std::vector<std::filesystem::path> paths;  ///< empty: `pin.manifests` of stamp.yaml
  std::string to;                            ///< as of PushCommand
  bool all = false;
  bool update_all = false;
  std::vector<std::string> update;   ///< repositories
  std::filesystem::path image_lock;  ///< of kbld or imgpkg; empty: none
  std::string output;                ///< "kbld:FILE", "imgpkg:FILE"; empty: the manifests change
  bool check = false;
  bool diff = false;
  bool offline = false;
  bool json = false;
};

/// `stamp pin list`
struct PinListCommand {
  std::vector<std::filesystem::path> paths;
  std::string to;
  bool json = false;
};

/// `stamp cache stats`
struct CacheStatsCommand {
  bool json = false;
};

/// `stamp cache verify`
struct CacheVerifyCommand {
  bool json = false;
};

/// `stamp cache push`
struct CachePushCommand {
  std::vector<std::string> recipes;
  std::string to;             ///< a repository; empty: that of stamp.yaml or the user's settings
  std::filesystem::path key;  ///< a private key; empty: that of the user's settings
  bool repair = false;
  bool json = false;
};

/// `stamp cache pull`
struct CachePullCommand {
  std::vector<std::string> recipes;
  std::string from;                          ///< as `to` above
  std::vector<std::filesystem::path> trust;  ///< public keys; empty: those of the user's settings
  bool json = false;
};

/// `stamp version` and `stamp --version`
struct VersionCommand {
  bool json = false;
};

/// `--help`: a text for standard output.
struct HelpCommand {
  std::string text;
};

using Command =
    std::variant<LockCommand, BuildCommand, PushCommand, CopyCommand, LoginCommand, LogoutCommand,
                 DoctorCommand, GcCommand, PolicyKyvernoCommand, ExplainCommand, PinCommand,
                 PinListCommand, CacheStatsCommand, CacheVerifyCommand, CachePushCommand,
                 CachePullCommand, VersionCommand, HelpCommand>;

/// A whole command line.
struct Invocation {
  GlobalOptions global;
  Command command;
};

/// Parses a command line (without the program's name). Errors: usage, with the nearest command or
/// option.
Invocation parse_arguments(std::vector<std::string> words);

}  // namespace stamp::cli
