#include "registry-client/credentials.h"

#include <utility>

#include <fmt/core.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "registry-client/credential_helper.h"

namespace stamp::registry {
namespace {

constexpr std::uint64_t kMaxFile = 4U << 20U;
constexpr std::string_view kDockerServer = "https://index.docker.io/v1/";

bool is_docker_io(std::string_view host) {
  return host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io";
}

/// What a key of `auths` names: "host" or "host/repository", docker.io by that name. Older files
/// have whole URLs.
std::string place_of(std::string_view key) {
  const std::size_t scheme = key.find("://");
  if (scheme != std::string_view::npos) key.remove_prefix(scheme + 3);
  while (key.ends_with('/')) key.remove_suffix(1);
  const std::size_t slash = key.find('/');
  const std::string_view host = key.substr(0, slash);
  std::string_view path = slash == std::string_view::npos ? "" : key.substr(slash);
  if (path == "/v1" || path == "/v2") path = {};
  return (is_docker_io(host) ? std::string("docker.io") : std::string(host)) + std::string(path);
}

/// The places that a repository belongs to, the narrowest first.
std::vector<std::string> places_of(std::string_view host, std::string_view repository) {
  const std::string start = is_docker_io(host) ? "docker.io" : std::string(host);
  std::vector<std::string> places;
  while (!repository.empty()) {
    places.push_back(start + "/" + std::string(repository));
    const std::size_t slash = repository.rfind('/');
    repository = repository.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  places.push_back(start);
  return places;
}

/// One file, read.
class File {
 public:
  explicit File(std::string name, std::string_view text) : name_(std::move(name)) {
    json_ = during("reading " + name_, [&] { return parse_json(text); });
    if (!json_.is_object()) throw wrong("it is no object");
  }

  std::optional<Credentials> find(const std::vector<std::string>& places,
                                  const CredentialOptions& options) const {
    for (const std::string& place : places) {
      if (const auto helper = text_at("credHelpers", place)) {
        return ask_credential_helper(*helper, server_name(place), options);
      }
      if (std::optional<Credentials> found = written_down(place)) return found;
    }
    const auto store = json_.find("credsStore");
    if (store == json_.end()) return std::nullopt;
    if (!store->is_string()) throw wrong("credsStore: it must be text");
    if (store->get_ref<const std::string&>().empty()) return std::nullopt;
    return ask_credential_helper(store->get<std::string>(), server_name(places.back()), options);
  }

 private:
  Error wrong(std::string_view problem) const {
    return Error(ErrorKind::invalid, fmt::format("cannot read '{}': {}", name_, problem));
  }

  static std::string_view server_name(std::string_view place) {
    return place == "docker.io" ? kDockerServer : place;
  }

  /// The member of the object `table` whose key names `place`.
  const Json* member(const char* table, std::string_view place) const {
    const auto found = json_.find(table);
    if (found == json_.end() || found->is_null()) return nullptr;
    if (!found->is_object()) throw wrong(fmt::format("{}: it must be an object", table));
    for (const auto& [key, value] : found->items()) {
      if (place_of(key) == place) return &value;
    }
    return nullptr;
  }

  std::optional<std::string> text_at(const char* table, std::string_view place) const {
    const Json* found = member(table, place);
    if (found == nullptr) return std::nullopt;
    if (!found->is_string()) throw wrong(fmt::format("{}: {}: it must be text", table, place));
    return found->get<std::string>();
  }

  /// The credentials that stand in the file itself. An entry without any is a note that a helper
  /// has them.
  std::optional<Credentials> written_down(const std::string& place) const {
    const Json* entry = member("auths", place);
    if (entry == nullptr) return std::nullopt;
    if (!entry->is_object()) throw wrong(fmt::format("auths: {}: it must be an object", place));
    const auto text = [&](const char* name) -> std::string {
      const auto found = entry->find(name);
      if (found == entry->end() || found->is_null()) return {};
      if (!found->is_string()) {
        throw wrong(fmt::format("auths: {}: {}: it must be text", place, name));
      }
      return found->get<std::string>();
    };
    Credentials credentials = {.username = text("username"),
                               .password = text("password"),
                               .identity_token = text("identitytoken"),
                               .registry_token = text("registrytoken")};
    if (const std::string both = text("auth"); !both.empty()) {
      const std::string plain = during(fmt::format("reading {}: auths: {}: auth", name_, place),
                                       [&] { return from_base64(both); });
      const std::size_t colon = plain.find(':');
      if (colon == std::string::npos) {
        throw wrong(fmt::format("auths: {}: auth: it has no colon", place));
      }
      credentials.username = plain.substr(0, colon);
      credentials.password = plain.substr(colon + 1);
      while (credentials.password.ends_with('\0')) credentials.password.pop_back();
    }
    if (credentials == Credentials()) return std::nullopt;
    return credentials;
  }

  std::string name_;
  Json json_;
};

}  // namespace

std::string login_hint(std::string_view host) {
  return fmt::format("podman login {}; what podman, skopeo and docker keep is used here", host);
}

void CredentialStore::add(std::string_view place, Credentials credentials) {
  added_.insert_or_assign(place_of(place), std::move(credentials));
}

std::optional<Credentials> CredentialStore::find(std::string_view host,
                                                 std::string_view repository) const {
  const std::vector<std::string> places = places_of(host, repository);
  for (const std::string& place : places) {
    const auto found = added_.find(place);
    if (found != added_.end()) return found->second;
  }
  for (const std::filesystem::path& path : options_.files) {
    std::error_code problem;
    if (!std::filesystem::exists(path, problem) && !problem) continue;
    const File file(path.string(), read_file(path, kMaxFile));
    if (std::optional<Credentials> found = file.find(places, options_)) return found;
  }
  return std::nullopt;
}

}  // namespace stamp::registry
