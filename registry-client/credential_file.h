#pragma once
// docker's config.json and podman's auth.json as JSON, and what in them belongs to a registry.
// Private to the client.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "registry-client/credentials.h"

namespace stamp::registry {

/// What a key of `auths` or `credHelpers` names: "host" or "host/repository", docker.io by that
/// name. Older files have whole URLs.
std::string place_of(std::string_view key);

/// The name under which helpers and docker know a place.
std::string_view server_name(std::string_view place);

/// One file, read. The order of its members is kept.
class CredentialFile final {
 public:
  /// Reads a file; one that is not there holds nothing. Errors: io; invalid (names the file).
  static CredentialFile read(const std::filesystem::path& path);
  /// What a file with this name holds. Errors: invalid.
  static CredentialFile parse(std::string name, std::string_view text);

  const std::string& name() const { return name_; }
  /// The helper for a place alone; nothing when none is named. Errors: invalid, like all below.
  std::optional<std::string> helper_of(std::string_view place) const;
  /// The helper for all places, "" for none.
  std::string helper_of_all() const;
  /// The credentials that stand in the file itself. An entry without any is a note that a helper
  /// has them.
  std::optional<Credentials> written_down(std::string_view place) const;

  /// Writes credentials down in the place's entry, which keeps its key; a new one gets `key`.
  void write_down(std::string_view place, const std::string& key, const Credentials& credentials);
  /// Removes the place's entry; whether there was one.
  bool remove(std::string_view place);
  /// The text of the file, as docker and podman lay it out.
  std::string text() const;

 private:
  using OrderedJson = nlohmann::ordered_json;

  CredentialFile(std::string name, std::string_view text);
  Error wrong(std::string_view problem) const;
  /// The member of the object `table` whose key names `place`; null when there is none.
  const OrderedJson* member(const char* table, std::string_view place) const;

  std::string name_;
  OrderedJson json_;
};

}  // namespace stamp::registry
