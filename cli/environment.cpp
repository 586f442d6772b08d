#include "cli/environment.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include <stdlib.h>
#include <unistd.h>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::cli {
namespace {

/// A variable of the environment; empty when it is not set.
std::string variable(const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): read before any thread is started, and never written
  const char* value = ::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// A folder by the XDG rules: the variable if it holds an absolute path, else below the home
/// folder. Spec: XDG Base Directory Specification 0.8.
std::filesystem::path xdg_folder(const char* name, const char* below_home) {
  std::filesystem::path value = variable(name);
  if (value.is_absolute()) return value;
  const std::filesystem::path home = variable("HOME");
  return home.is_absolute() ? home / below_home : std::filesystem::path();
}

/// The first of two variables that is set.
std::string either(const char* first, const char* second) {
  const std::string value = variable(first);
  return value.empty() ? variable(second) : value;
}

/// docker's own file; empty when there is no home folder.
std::filesystem::path docker_file() {
  const std::filesystem::path docker = variable("DOCKER_CONFIG");
  if (!docker.empty()) return docker / "config.json";
  const std::filesystem::path home = variable("HOME");
  return home.is_absolute() ? home / ".docker" / "config.json" : std::filesystem::path();
}

/// Spec: containers-auth.json(5); docker's config.json.
std::vector<std::filesystem::path> credential_files() {
  const std::filesystem::path auth = std::filesystem::path("containers") / "auth.json";
  std::vector<std::filesystem::path> files;
  const std::filesystem::path named = variable("REGISTRY_AUTH_FILE");
  if (!named.empty()) files.push_back(named);
  const std::filesystem::path run_time = variable("XDG_RUNTIME_DIR");
  // Without a session, podman and skopeo have a folder by the user's number.
  files.push_back(run_time.is_absolute() ? run_time / auth
                                         : std::filesystem::path("/run/containers") /
                                               std::to_string(::getuid()) / "auth.json");
  const std::filesystem::path config = xdg_folder("XDG_CONFIG_HOME", ".config");
  if (!config.empty()) files.push_back(config / auth);
  const std::filesystem::path docker = docker_file();
  if (!docker.empty()) files.push_back(docker);
  return files;
}

/// What helpers need to find their own store: the user's session, not stamp's settings.
std::vector<std::string> helper_environment() {
  std::vector<std::string> lines;
  for (const char* name :
       {"HOME", "PATH", "USER", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
        "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "GNUPGHOME", "PASSWORD_STORE_DIR", "GPG_TTY"}) {
    const std::string value = variable(name);
    if (!value.empty()) lines.push_back(std::string(name) + "=" + value);
  }
  return lines;
}

}  // namespace

Environment read_environment() {
  Environment environment;
  environment.cache_wanted = variable("STAMP_CACHE_DIR");
  const std::filesystem::path cache = xdg_folder("XDG_CACHE_HOME", ".cache");
  if (!cache.empty()) environment.cache_default = cache / "stamp";
  const std::filesystem::path settings = xdg_folder("XDG_CONFIG_HOME", ".config");
  if (!settings.empty()) environment.settings_file = settings / "stamp" / "config.yaml";
  environment.terminal = variable("TERM");
  // As other programs have it: of http_proxy the upper-case form is not read, since a web server
  // may set it for its scripts.
  environment.http_proxy = variable("http_proxy");
  environment.https_proxy = either("https_proxy", "HTTPS_PROXY");
  environment.no_proxy = either("no_proxy", "NO_PROXY");
  environment.credential_files = credential_files();
  const std::filesystem::path named = variable("REGISTRY_AUTH_FILE");
  environment.login_file = named.empty() ? docker_file() : named;
  environment.search_path = variable("PATH");
  environment.helper_environment = helper_environment();
  std::error_code code;
  environment.program = std::filesystem::read_symlink("/proc/self/exe", code);
  return environment;
}

std::optional<std::int64_t> source_date_epoch() {
  const std::string text = variable("SOURCE_DATE_EPOCH");
  if (text.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, problem] = std::from_chars(text.data(), end, seconds);
  if (problem != std::errc() || parsed != end || seconds < 0) {
    throw Error(ErrorKind::usage, fmt::format("SOURCE_DATE_EPOCH is '{}', not seconds since 1970",
                                              printable(text, 80)));
  }
  return seconds;
}

std::vector<debian::AptSourcesFile> read_apt_sources() {
  const std::filesystem::path apt = "/etc/apt";
  std::vector<std::filesystem::path> paths = {apt / "sources.list"};
  std::error_code code;
  std::vector<std::filesystem::path> parts;
  for (std::filesystem::directory_iterator at(apt / "sources.list.d", code), end;
       !code && at != end; at.increment(code)) {
    const std::string extension = at->path().extension().string();
    if (extension == ".list" || extension == ".sources") parts.push_back(at->path());
  }
  std::sort(parts.begin(), parts.end());
  paths.insert(paths.end(), parts.begin(), parts.end());
  std::vector<debian::AptSourcesFile> files;
  for (const std::filesystem::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    if (!file) continue;
    files.push_back(
        {path.filename().string(), std::string(std::istreambuf_iterator<char>(file), {})});
  }
  return files;
}

}  // namespace stamp::cli
