#pragma once
// A repository at one place: the registry itself, or a mirror of it. Private to the client.

#include <string>
#include <string_view>

#include "base/digest.h"
#include "registry-client/session.h"

namespace stamp::registry {

/// A repository of a session's registry, and what its requests have in common.
class RepositoryEndpoint final {
 public:
  /// `scopes` are asked of token servers; `upstream`, when not empty, is the registry that this one
  /// mirrors. `session` must outlive this.
  RepositoryEndpoint(Session& session, std::string name, std::string actions,
                     std::string upstream = {})
      : session_(&session),
        name_(std::move(name)),
        actions_(std::move(actions)),
        upstream_(std::move(upstream)) {}

  Session& session() const { return *session_; }
  const std::string& name() const { return name_; }
  /// "registry.example/app", for messages.
  std::string str() const { return session_->host() + "/" + name_; }
  /// The place "/v2/NAME" + `path`.
  Target at(const std::string& path, const std::string& query = {}) const {
    std::string all = query;
    if (!upstream_.empty()) all += (all.empty() ? "ns=" : "&ns=") + upstream_;
    return session_->at("/v2/" + name_ + path, all);
  }
  /// The rights of this repository's requests.
  Rights rights() const { return with_actions(actions_); }
  /// Those with other actions: "delete".
  Rights with_actions(const std::string& actions) const {
    return {.repository = name_, .scopes = "repository:" + name_ + ":" + actions};
  }

 private:
  Session* session_;
  std::string name_;
  std::string actions_;
  std::string upstream_;
};

}  // namespace stamp::registry
