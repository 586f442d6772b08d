#pragma once
// An HTTP server on a loopback port whose answers, right and wrong ones, the test writes.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/guarded.h"

namespace stamp::fakes {

/// A request as the server got it. Names of fields are in lower case.
struct HttpRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> fields;

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
};

/// Serves until it is destroyed. Each connection has a thread and is kept as HTTP/1.1 says.
class HttpServer final {
 public:
  using Handler = std::function<HttpReply(const HttpRequest&)>;

  /// `handler` is called by several threads, one call at a time.
  explicit HttpServer(Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// "http://127.0.0.1:PORT" and `path`.
  std::string url(const std::string& path) const;
  /// The requests so far, in the order they came.
  std::vector<HttpRequest> requests();
  /// The number of connections so far.
  int connections() const { return connections_; }

 private:
  void accept_all();
  void serve(const Fd& connection);
  bool answer(int connection, const HttpRequest& request);

  Handler handler_;
  Fd listening_;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  Guarded<std::vector<HttpRequest>> requests_;
  Guarded<std::list<Fd>> open_;
  std::vector<std::jthread> threads_;
  std::jthread accepting_;
};

/// The part of `whole` that a request's Range asks for, as a right server answers: 206 with
/// Content-Range, or 200 with everything when there is no Range.
HttpReply ranged(const HttpRequest& request, const std::string& whole);

}  // namespace stamp::fakes
