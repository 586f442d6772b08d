#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"

namespace stamp::registry {

/// A field of a request's or a response's head. Names are in lower case.
struct Header {
  std::string name;
  std::string value;

  friend bool operator==(const Header&, const Header&) = default;
};

/// Which addresses a request may connect to.
enum class Addresses {
  any,
  public_only,  ///< not loopback, link-local, private or unspecified ones, checked when connecting
};

/// What a request sends.
struct RequestBody {
  std::uint64_t length = 0;
  /// Opens the bytes, from the first on. Called at most once by a transport.
  std::function<std::unique_ptr<Source>()> open;
};

/// One request: no redirect is followed and nothing is tried again.
struct Request {
  std::string method = "GET";
  std::string url;  ///< http or https, without user information
  std::vector<Header> headers;
  Addresses addresses = Addresses::any;
  std::optional<RequestBody> body;  ///< POST, PUT and PATCH without one send that they have none
  std::string ca_file;              ///< instead of the transport's own; empty: that
  /// How long the server may be silent, instead of the transport's low_speed_time.
  std::optional<std::chrono::seconds> patience;
};

/// The head of an answer.
struct Response {
  int status = 0;
  std::vector<Header> headers;        ///< in the order they came, names in lower case
  bool from_private_address = false;  ///< the server's address is no public one

  /// The value of the only field of that name; null when there is none. Errors: network, when
  /// there are several that differ.
  const std::string* header(std::string_view name) const;
};

/// Called with the head of an answer before its body comes; returns where the body goes (null:
/// nowhere). What it throws ends the request and reaches the caller of send().
using ChooseSink = std::function<Sink*(const Response& head)>;

/// Sends requests to servers. Safe from many threads.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;
  /// Sends a request and moves the answer's body to the sink that `choose` names, unfinished. Any
  /// status is a value; an answer may come before all of the request's body was sent. Errors:
  /// network (no connection, too slow, cut short); denied (a server that TLS does not trust, a
  /// private address); unavailable (libcurl is missing); interrupted; internal (a body that is
  /// shorter than its length); what streams throw.
  virtual Response send(const Request& request, const ChooseSink& choose) = 0;
};

/// Settings of the real transport.
struct TransportOptions {
  std::string user_agent = "stamp";
  std::string http_proxy;   ///< proxy for http URLs; none when empty
  std::string https_proxy;  ///< proxy for https URLs; none when empty
  std::string no_proxy;     ///< hosts reached without proxy, as in the variable of that name
  std::string ca_file;      ///< certificates to trust instead of the system's
  std::chrono::seconds connect_timeout{30};
  std::uint64_t low_speed_bytes = 1024;     ///< slower than this per second …
  std::chrono::seconds low_speed_time{30};  ///< … for so long: the request is given up
};

/// The transport over libcurl, which is loaded when the first request is sent. Keeps connections
/// for the next request to the same server; speaks HTTP/2 where a server offers it over TLS. Behind
/// a proxy, `Addresses` cannot be checked and is not.
std::unique_ptr<Transport> make_curl_transport(TransportOptions options);

}  // namespace stamp::registry
