#include "registry-client/login.h"

#include <algorithm>
#include <optional>

#include <errno.h>
#include <sys/file.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/interrupt.h"
#include "base/temp_file.h"
#include "registry-client/credential_file.h"
#include "registry-client/credential_helper.h"

namespace stamp::registry {
namespace {

/// The file itself, where its path is a link.
std::filesystem::path resolved(const std::filesystem::path& path) {
  std::error_code code;
  const std::filesystem::path real =
      std::filesystem::weakly_canonical(std::filesystem::absolute(path), code);
  return code ? path : real;
}

/// Nobody else that locks the file's folder changes it meanwhile.
Fd lock_folder(const std::filesystem::path& folder) {
  Fd lock = open_for_reading(folder);
  while (::flock(lock.get(), LOCK_EX) != 0) {
    if (errno != EINTR) throw system_error("lock", folder.string(), errno);
    throw_if_interrupted();
  }
  return lock;
}

/// Changes a file under a lock; nothing is written unless `change` says so.
template <typename Body>
bool change_file(const std::filesystem::path& path, Body&& change) {
  const std::filesystem::path real = resolved(path);
  const Fd lock = lock_folder(real.parent_path());
  CredentialFile file = CredentialFile::read(real);
  if (!change(file)) return false;
  TempFile written(real.parent_path());  // mode 0600
  write_all(written.fd().get(), as_bytes(file.text()), real.string());
  written.commit(real);
  return true;
}

/// Makes a folder and its parents, the last one for this user alone.
void make_private_folder(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder)) return;
  make_folders(folder);
  std::error_code code;
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, code);
  if (code) throw system_error("set the mode of", folder.string(), code.value());
}

/// The helper that a file names for a registry, alone or among all.
std::string helper_in(const CredentialFile& file, const std::string& place) {
  const std::optional<std::string> own = file.helper_of(place);
  return own ? *own : file.helper_of_all();
}

std::string program_of(const std::string& helper) {
  return "docker-credential-" + helper;
}

/// The key of a new entry. docker looks for its own registry under a URL of old.
std::string key_in(const std::filesystem::path& path, const std::string& place) {
  const bool dockers = path.filename() == "config.json";
  return dockers ? std::string(server_name(place)) : place;
}

}  // namespace

std::string keep_credentials(const CredentialOptions& options,
                             const std::filesystem::path& default_file, std::string_view host,
                             const Credentials& credentials) {
  const std::string place = place_of(host);
  std::filesystem::path target = default_file;
  for (const std::filesystem::path& path : options.files) {
    const CredentialFile file = CredentialFile::read(path);
    if (path == default_file || file.helper_of(place) || file.written_down(place)) {
      target = path;
      break;
    }
  }
  const std::string helper = helper_in(CredentialFile::read(target), place);
  if (!helper.empty()) {
    store_in_credential_helper(helper, server_name(place), credentials, options);
    // What is written down would be found before what a helper for all has.
    if (std::filesystem::exists(target)) {
      change_file(target, [&](CredentialFile& file) {
        return file.written_down(place) && file.remove(place);
      });
    }
    return program_of(helper);
  }
  make_private_folder(resolved(target).parent_path());
  change_file(target, [&](CredentialFile& file) {
    file.write_down(place, key_in(target, place), credentials);
    return true;
  });
  return target.string();
}

std::vector<std::string> forget_credentials(const CredentialOptions& options,
                                            std::string_view host) {
  const std::string place = place_of(host);
  std::vector<std::string> from;
  for (const std::filesystem::path& path : options.files) {
    if (!std::filesystem::exists(path)) continue;
    const std::string helper = helper_in(CredentialFile::read(path), place);
    if (!helper.empty() && ask_credential_helper(helper, server_name(place), options)) {
      erase_from_credential_helper(helper, server_name(place), options);
      from.push_back(program_of(helper));
    }
    const bool removed =
        change_file(path, [&](CredentialFile& file) { return file.remove(place); });
    if (removed) from.push_back(path.string());
  }
  return from;
}

}  // namespace stamp::registry
