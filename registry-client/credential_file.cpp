#include "registry-client/credential_file.h"

#include <utility>

#include <fmt/core.h>

#include "base/base64.h"
#include "base/fd.h"

namespace stamp::registry {
namespace {

constexpr std::uint64_t kMaxFile = 4U << 20U;
constexpr std::string_view kDockerServer = "https://index.docker.io/v1/";

bool is_docker_io(std::string_view host) {
  return host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io";
}

}  // namespace

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

std::string_view server_name(std::string_view place) {
  return place == "docker.io" ? kDockerServer : place;
}

CredentialFile CredentialFile::read(const std::filesystem::path& path) {
  std::error_code problem;
  if (!std::filesystem::exists(path, problem) && !problem) return {path.string(), "{}"};
  const std::string text = read_file(path, kMaxFile);
  // podman makes an empty file where others have none.
  return {path.string(), text.empty() ? "{}" : text};
}

CredentialFile CredentialFile::parse(std::string name, std::string_view text) {
  return {std::move(name), text};
}

CredentialFile::CredentialFile(std::string name, std::string_view text) : name_(std::move(name)) {
  // The strict parser decides what is JSON; this one keeps the order.
  static_cast<void>(during("reading " + name_, [&] { return parse_json(text); }));
  json_ = OrderedJson::parse(text);
  if (!json_.is_object()) throw wrong("it is no object");
}

Error CredentialFile::wrong(std::string_view problem) const {
  return {ErrorKind::invalid, fmt::format("cannot read '{}': {}", name_, problem)};
}

const CredentialFile::OrderedJson* CredentialFile::member(const char* table,
                                                          std::string_view place) const {
  const auto found = json_.find(table);
  if (found == json_.end() || found->is_null()) return nullptr;
  if (!found->is_object()) throw wrong(fmt::format("{}: it must be an object", table));
  for (const auto& [key, value] : found->items()) {
    if (place_of(key) == place) return &value;
  }
  return nullptr;
}

std::optional<std::string> CredentialFile::helper_of(std::string_view place) const {
  const OrderedJson* found = member("credHelpers", place);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) throw wrong(fmt::format("credHelpers: {}: it must be text", place));
  return found->get<std::string>();
}

std::string CredentialFile::helper_of_all() const {
  const auto store = json_.find("credsStore");
  if (store == json_.end()) return {};
  if (!store->is_string()) throw wrong("credsStore: it must be text");
  return store->get<std::string>();
}

std::optional<Credentials> CredentialFile::written_down(std::string_view place) const {
  const OrderedJson* entry = member("auths", place);
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

void CredentialFile::write_down(std::string_view place, const std::string& key,
                                const Credentials& credentials) {
  const OrderedJson entry = {
      {"auth", to_base64(credentials.username + ":" + credentials.password)}};
  static_cast<void>(member("auths", place));  // refuses what is no object
  OrderedJson& auths = json_["auths"];
  if (auths.is_null()) auths = OrderedJson::object();
  for (const auto& [known, value] : auths.items()) {
    if (place_of(known) != place) continue;
    value = entry;
    return;
  }
  auths[key] = entry;
}

bool CredentialFile::remove(std::string_view place) {
  if (member("auths", place) == nullptr) return false;
  OrderedJson& auths = json_["auths"];
  for (auto entry = auths.begin(); entry != auths.end();) {
    entry = place_of(entry.key()) == place ? auths.erase(entry) : std::next(entry);
  }
  return true;
}

std::string CredentialFile::text() const {
  return json_.dump(1, '\t') + "\n";
}

}  // namespace stamp::registry
