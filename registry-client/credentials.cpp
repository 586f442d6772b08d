#include "registry-client/credentials.h"

#include <utility>

#include <fmt/core.h>

#include "registry-client/credential_file.h"
#include "registry-client/credential_helper.h"

namespace stamp::registry {
namespace {

bool is_docker_io(std::string_view host) {
  return host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io";
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

std::optional<Credentials> find_in(const CredentialFile& file,
                                   const std::vector<std::string>& places,
                                   const CredentialOptions& options) {
  for (const std::string& place : places) {
    if (const auto helper = file.helper_of(place)) {
      return ask_credential_helper(*helper, server_name(place), options);
    }
    if (std::optional<Credentials> found = file.written_down(place)) return found;
  }
  const std::string helper = file.helper_of_all();
  if (helper.empty()) return std::nullopt;
  return ask_credential_helper(helper, server_name(places.back()), options);
}

}  // namespace

std::string login_hint(std::string_view host) {
  return fmt::format("stamp login {}; what podman, skopeo and docker keep is used, too", host);
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
    const CredentialFile file = CredentialFile::read(path);
    if (std::optional<Credentials> found = find_in(file, places, options_)) return found;
  }
  return std::nullopt;
}

}  // namespace stamp::registry
