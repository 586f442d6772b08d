#pragma once
// An HTTP server on a loopback port whose answers, right and wrong ones, the test writes.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/guarded.h"
#include "tests/fakes/http_connection.h"

namespace stamp::fakes {

/// A request as the server got it. Names of fields are in lower case.
struct HttpRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> fields;
  std::string body;              ///< what came of it; the server's list of requests leaves it out
  std::size_t body_size = 0;     ///< the bytes of the body that came
  bool body_incomplete = false;  ///< the server, or the client, ended the body early

  /// The value of a field; "" when there is none.
  std::string field(const std::string& name) const;
};

/// An answer. Without a "content-length" among its fields one is added that is right.
struct HttpReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  std::optional<std::size_t> cut_after;  ///< closes the connection after so many bytes of the body
  std::chrono::milliseconds pause{0};    ///< before the body, or before each byte when `trickle`
  bool trickle = false;                  ///< one byte at a time
  bool without_length = false;           ///< the end of the connection is the end of the body
  bool trickle_head = false;             ///< the head, too, comes byte by byte
  bool none = false;                     ///< nothing is answered: the connection is reset
  bool cut_by_reset = false;             ///< `cut_after` ends in a reset and not in a close
  bool chunked = false;                  ///< the body is sent in chunks, without a length
};

/// How much of a request's body a server takes before it answers.
struct HttpIntake {
  std::optional<std::size_t> most;     ///< no more than so many bytes; then the connection ends
  std::chrono::milliseconds pause{0};  ///< before the first byte is read
};

/// What a server does beside answering.
struct HttpServerOptions {
  /// Asked with the head of each request that has a body; takes all of it when empty.
  std::function<HttpIntake(const HttpRequest&)> intake;
  std::optional<TlsIdentity> tls;  ///< https when it is there
  TlsVersion newest_tls = TlsVersion::v1_3;
};

/// Serves until it is destroyed. Each connection has a thread and is kept as HTTP/1.1 says.
class HttpServer final {
 public:
  using Handler = std::function<HttpReply(const HttpRequest&)>;

  /// `handler` is called by several threads, one call at a time.
  explicit HttpServer(Handler handler, HttpServerOptions options = {});
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// "http://127.0.0.1:PORT" (https with TLS) and `path`.
  std::string url(const std::string& path) const;
  /// "127.0.0.1:PORT"
  std::string host() const;
  /// The requests so far, in the order they came, without their bodies.
  std::vector<HttpRequest> requests();
  /// The number of connections so far.
  int connections() const { return connections_; }

 private:
  void accept_all();
  void serve(HttpConnection& connection);
  /// Waits, until the server stops at most.
  void rest(std::chrono::milliseconds time) const;
  bool answer(HttpConnection& connection, const HttpRequest& request);
  bool send_head(HttpConnection& connection, const HttpReply& reply, const std::string& head);
  bool send_body(HttpConnection& connection, const HttpReply& reply);

  Handler handler_;
  HttpServerOptions options_;
  std::unique_ptr<TlsAcceptor> tls_;
  Fd listening_;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  Guarded<std::vector<HttpRequest>> requests_;
  Guarded<std::list<std::unique_ptr<HttpConnection>>> open_;
  std::vector<std::jthread> threads_;
  std::jthread accepting_;
};

/// The part of `whole` that a request's Range asks for, as a right server answers: 206 with
/// Content-Range, or 200 with everything when there is no Range.
HttpReply ranged(const HttpRequest& request, const std::string& whole);

}  // namespace stamp::fakes
