#pragma once
// A registry (OCI distribution-spec 1.1) on a loopback port, right by itself, wrong by script.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "tests/fakes/http_server.h"
#include "tests/fakes/registry_state.h"

namespace stamp::fakes {

/// What happens to some requests. Of several rules that a request matches, the first with `instead`
/// answers, and all of `change` are done to the answer, in order.
struct Rule {
  // which requests
  std::string method;  ///< any when empty
  std::string path;    ///< a part of the target; any when empty
  int after = 0;       ///< so many that match pass unharmed first
  int times = 1;       ///< it works on so many; 0: on all that come
  // what happens
  std::function<void()> before;                     ///< called before the request is handled
  std::optional<HttpReply> instead;                 ///< the answer; nothing is done
  std::function<void(HttpReply& reply)> change;     ///< what becomes of the right answer
  std::function<bool(const HttpRequest&)> only_if;  ///< and what else must hold of the request
  /// No more than so many bytes of its body arrive, then the connection ends: without an answer,
  /// unless another rule gives one.
  std::optional<std::size_t> take;
};

/// A fake registry with what it was asked.
class FakeRegistry final {
 public:
  explicit FakeRegistry(RegistryOptions options = {});

  /// "127.0.0.1:PORT"
  std::string host() const { return server_.host(); }
  /// The address of `path`, which begins with a slash.
  std::string url(const std::string& path) const { return server_.url(path); }
  /// Adds a rule.
  void add(Rule rule);
  /// Forgets all rules.
  void clear_rules();
  /// All requests so far.
  std::vector<HttpRequest> requests() { return server_.requests(); }
  /// The requests so far whose target holds `path`, as "METHOD target".
  std::vector<std::string> log(const std::string& path = "");
  int connections() const { return server_.connections(); }

  /// Stores a blob and returns its digest.
  std::string put_blob(const std::string& repository, const std::string& bytes);
  /// Stores a manifest as it is, unchecked, and returns its digest. No tag when `tag` is empty.
  std::string put_manifest(const std::string& repository, const std::string& tag,
                           const StoredManifest& manifest);
  /// A repository as it is now.
  StoredRepository repository(const std::string& name);
  /// The number of uploads that are neither ended nor cancelled.
  std::size_t open_uploads();

 private:
  struct Live {
    Rule rule;
    int seen = 0;
  };

  HttpReply answer(const HttpRequest& request);
  HttpReply answer_right(const HttpRequest& request);
  std::optional<HttpReply> refusal(const RegistryCall& call);
  HttpIntake intake(const HttpRequest& request);
  std::vector<Rule> matching(const HttpRequest& request, bool at_intake);

  RegistryOptions options_;
  Guarded<RegistryState> state_;
  Guarded<std::vector<Live>> rules_;
  HttpServer server_;
};

/// An answer with a status, fields and a body.
HttpReply reply_with(int status, std::vector<std::pair<std::string, std::string>> fields = {},
                     std::string body = "");
/// A change that sets a field, or takes it away when `value` is nothing.
std::function<void(HttpReply&)> set_field(std::string name, std::optional<std::string> value);
/// A change that ends the body after so many bytes, with a close of the connection.
std::function<void(HttpReply&)> cut_after(std::size_t size);

}  // namespace stamp::fakes
