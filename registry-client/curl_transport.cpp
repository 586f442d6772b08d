// The transport over libcurl. libcurl only moves bytes here: redirects, retries and resumption are
// the callers', and nothing that could carry a secret (netrc, cookies, referrer) is switched on.

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <fmt/core.h>

#include "base/error.h"
#include "base/guarded.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "registry-client/address.h"
#include "registry-client/curl_library.h"
#include "registry-client/transport.h"
#include "registry-client/url.h"

namespace stamp::registry {
namespace {

constexpr std::size_t kMaxHeaderBytes = 256 * 1024;
constexpr long kSendBuffer = 256 * 1024;

/// The text of a socket address.
std::string address_text(const curl_sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface is made so
  if (address.family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in*>(&address.addr)->sin_addr;
  } else if (address.family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6*>(&address.addr)->sin6_addr;
  }
  // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
  if (bytes == nullptr || ::inet_ntop(address.family, bytes, text.data(),
                                      static_cast<socklen_t>(text.size())) == nullptr) {
    return {};
  }
  return text.data();
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

/// One request while it runs; libcurl's callbacks write to it.
class Exchange {
 public:
  Exchange(const CurlLibrary& curl, CURL* handle, const Request& request, const ChooseSink& choose)
      : curl_(curl), handle_(handle), request_(request), choose_(choose) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() { curl_.slist_free_all(fields_); }

  Response run(const TransportOptions& options) {
    set_options(options);
    set_callbacks();
    const CURLcode code = curl_.easy_perform(handle_);
    if (parked_) std::rethrow_exception(parked_);
    throw_if_interrupted();
    if (code != CURLE_OK) fail(code);
    if (!chosen_) {
      throw Error(ErrorKind::network, fmt::format("cannot {} '{}': the answer has no head", verb(),
                                                  redacted_url(request_.url)));
    }
    return std::move(response_);
  }

 private:
  std::string_view verb() const { return sends_body() ? "send to" : "fetch"; }

  bool sends_body() const {
    return request_.body || request_.method == "POST" || request_.method == "PUT" ||
           request_.method == "PATCH";
  }

  void set_body() {
    body_left_ = request_.body ? request_.body->length : 0;
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(body_left_));
    set(CURLOPT_UPLOAD_BUFFERSIZE, kSendBuffer);
    set(CURLOPT_READFUNCTION, &Exchange::on_read);
    set(CURLOPT_READDATA, static_cast<void*>(this));
    set(CURLOPT_SEEKFUNCTION, &Exchange::on_seek);
    set(CURLOPT_SEEKDATA, static_cast<void*>(this));
  }

  template <typename Value>
  void set(CURLoption option, Value value) {
    if (curl_.easy_setopt(handle_, option, value) != CURLE_OK) {
      throw Error(ErrorKind::unavailable,
                  fmt::format("cannot use libcurl: it refuses option {}", static_cast<int>(option)),
                  {.hint = "install libcurl4 7.85 or newer"});
    }
  }

  void set_options(const TransportOptions& options) {
    curl_.easy_reset(handle_);
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_USERAGENT, options.user_agent.c_str());
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(options.low_speed_bytes));
    set(CURLOPT_LOW_SPEED_TIME,
        static_cast<long>(request_.patience.value_or(options.low_speed_time).count()));
    set(CURLOPT_BUFFERSIZE, static_cast<long>(kBufferSize));
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    const std::string& ca_file = request_.ca_file.empty() ? options.ca_file : request_.ca_file;
    if (!ca_file.empty()) set(CURLOPT_CAINFO, ca_file.c_str());
    const bool https = request_.url.starts_with("https:");
    const std::string& proxy = https ? options.https_proxy : options.http_proxy;
    // An empty text keeps libcurl from looking at the environment.
    set(CURLOPT_PROXY, proxy.c_str());
    set(CURLOPT_NOPROXY, options.no_proxy.c_str());
    proxied_ = !proxy.empty();
    if (request_.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else {
      if (sends_body()) set_body();
      set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    }
    // A connection that is kept may have been made when any address was allowed.
    if (request_.addresses == Addresses::public_only) set(CURLOPT_FRESH_CONNECT, 1L);
    for (const Header& header : request_.headers) {
      add_field(header.name + ": " + header.value);
    }
    // Waiting for "100 Continue" costs a second with servers that do not send it.
    if (sends_body()) add_field("Expect:");
    set(CURLOPT_HTTPHEADER, fields_);
  }

  void add_field(const std::string& line) {
    curl_slist* longer = curl_.slist_append(fields_, line.c_str());
    if (longer == nullptr) throw Error(ErrorKind::io, "cannot send a request: no memory");
    fields_ = longer;
  }

  void set_callbacks() {
    set(CURLOPT_ERRORBUFFER, problem_.data());
    set(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &Exchange::on_progress);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_OPENSOCKETFUNCTION, &Exchange::on_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
  }

  /// Runs `body`, keeps what it throws and tells libcurl to stop: exceptions must not cross C.
  template <typename Body>
  bool guarded(Body&& body) noexcept {
    try {
      body();
      return true;
    } catch (...) {
      if (!parked_) parked_ = std::current_exception();
      return false;
    }
  }

  static std::size_t on_header(char* text, std::size_t, std::size_t size, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    return exchange.guarded([&] { exchange.take_header({text, size}); }) ? size : 0;
  }

  static std::size_t on_body(char* text, std::size_t, std::size_t size, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    const bool good = exchange.guarded([&] {
      if (exchange.sink_ != nullptr) exchange.sink_->write(as_bytes(std::string_view(text, size)));
    });
    // Not the size: libcurl takes it for a failure to write. A pause must not be the answer either.
    return good ? size : size + 1;
  }

  static std::size_t on_read(char* out, std::size_t, std::size_t size, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    std::size_t got = 0;
    const bool good = exchange.guarded([&] { got = exchange.read_body({out, size}); });
    return good ? got : CURL_READFUNC_ABORT;
  }

  /// libcurl wants to go back when a kept connection broke before there was an answer, to send all
  /// again by itself. Whether that is right only the caller knows, who asks first how much arrived.
  static int on_seek(void* self, curl_off_t offset, int origin) {
    const auto& exchange = *static_cast<Exchange*>(self);
    const bool untouched = offset == 0 && origin == SEEK_SET && !exchange.source_;
    return untouched ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
  }

  std::size_t read_body(std::span<char> out) {
    const std::size_t most =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), body_left_));
    if (most == 0) return 0;
    if (!source_) source_ = request_.body->open();
    const std::size_t got = source_->read(std::as_writable_bytes(out.first(most)));
    if (got == 0) {
      throw Error(ErrorKind::internal, fmt::format("cannot send to '{}': {} bytes are missing",
                                                   redacted_url(request_.url), body_left_));
    }
    body_left_ -= got;
    return got;
  }

  static int on_progress(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return was_interrupted() ? 1 : 0;
  }

  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address) {
    auto& exchange = *static_cast<Exchange*>(self);
    if (!exchange.guarded([&] { exchange.check_address(*address); })) return CURL_SOCKET_BAD;
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  void check_address(const curl_sockaddr& address) const {
    if (request_.addresses == Addresses::any || proxied_) return;
    const std::string text = address_text(address);
    if (!is_private_address(text)) return;
    throw Error(ErrorKind::denied,
                fmt::format("cannot {} '{}': a public server points to the private address {}",
                            verb(), redacted_url(request_.url), text.empty() ? "unknown" : text));
  }

  void take_header(std::string_view line) {
    header_bytes_ += line.size();
    if (header_bytes_ > kMaxHeaderBytes) {
      throw Error(ErrorKind::network, fmt::format("cannot {} '{}': its head is too long", verb(),
                                                  redacted_url(request_.url)));
    }
    if (chosen_) return;  // fields after the body mean nothing here
    if (line.starts_with("HTTP/")) {
      response_ = {};
      long status = 0;
      static_cast<void>(curl_.easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status));
      response_.status = static_cast<int>(status);
      return;
    }
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      response_.headers.push_back({lower_case(trimmed(line.substr(0, colon))),
                                   std::string(trimmed(line.substr(colon + 1)))});
      return;
    }
    if (trimmed(line).empty() && response_.status >= 200) end_of_head();
  }

  void end_of_head() {
    char* address = nullptr;
    static_cast<void>(curl_.easy_getinfo(handle_, CURLINFO_PRIMARY_IP, &address));
    response_.from_private_address = proxied_ || address == nullptr || is_private_address(address);
    chosen_ = true;
    sink_ = choose_(response_);
  }

  [[noreturn]] void fail(CURLcode code) const {
    std::string why = problem_.front() != '\0' ? problem_.data() : curl_.easy_strerror(code);
    if (!why.empty() && why[0] >= 'A' && why[0] <= 'Z' && (why.size() < 2 || why[1] >= 'a')) {
      why[0] = static_cast<char>(why[0] + ('a' - 'A'));
    }
    const bool untrusted =
        code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
    throw Error(
        untrusted ? ErrorKind::denied : ErrorKind::network,
        fmt::format("cannot {} '{}': {}", verb(), redacted_url(request_.url), printable(why, 300)));
  }

  const CurlLibrary& curl_;
  CURL* handle_;
  const Request& request_;
  const ChooseSink& choose_;
  curl_slist* fields_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> problem_{};
  Response response_;
  std::unique_ptr<Source> source_;  ///< of the request's body, once it was asked for
  std::uint64_t body_left_ = 0;
  Sink* sink_ = nullptr;
  bool chosen_ = false;
  bool proxied_ = false;
  std::size_t header_bytes_ = 0;
  std::exception_ptr parked_;
};

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(TransportOptions options) : options_(std::move(options)) {}
  ~CurlTransport() override {
    auto state = state_.lock();
    for (const Idle& idle : state->idle) state->curl->easy_cleanup(idle.handle);
  }

  Response send(const Request& request, const ChooseSink& choose) override {
    const Borrowed borrowed(*this, origin_of(request.url));
    return Exchange(borrowed.curl, borrowed.handle, request, choose).run(options_);
  }

 private:
  /// A handle that waits, and the server that it has a connection to.
  struct Idle {
    CURL* handle = nullptr;
    std::string origin;
  };

  struct State {
    std::optional<CurlLibrary> curl;
    std::vector<Idle> idle;  ///< the one used last is the last
  };

  /// "https://registry.example:5000" of a URL.
  static std::string origin_of(const std::string& url) {
    const std::size_t host = url.find("://");
    return host == std::string::npos ? url : url.substr(0, url.find_first_of("/?", host + 3));
  }

  /// A handle for the time of one request. Handles keep their connections.
  struct Borrowed {
    Borrowed(CurlTransport& from, std::string to) : transport(from), origin(std::move(to)) {
      auto state = transport.state_.lock();
      if (!state->curl) state->curl = load_curl();
      curl = *state->curl;
      if (!state->idle.empty()) {
        // One that has been there is connected; of those, the one used last is the warmest.
        auto best = std::find_if(state->idle.rbegin(), state->idle.rend(),
                                 [&](const Idle& idle) { return idle.origin == origin; });
        if (best == state->idle.rend()) best = state->idle.rbegin();
        handle = best->handle;
        state->idle.erase(std::next(best).base());
        return;
      }
      handle = curl.easy_init();
      if (handle == nullptr) throw Error(ErrorKind::unavailable, "cannot use libcurl: no handle");
    }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    ~Borrowed() { transport.state_.lock()->idle.push_back({handle, std::move(origin)}); }

    CurlTransport& transport;
    std::string origin;
    CurlLibrary curl;
    CURL* handle = nullptr;
  };

  TransportOptions options_;
  Guarded<State> state_;
};

}  // namespace

const std::string* Response::header(std::string_view name) const {
  const std::string* found = nullptr;
  for (const Header& header : headers) {
    if (header.name != name) continue;
    if (found != nullptr && *found != header.value) {
      throw Error(ErrorKind::network,
                  fmt::format("cannot read the answer: two fields '{}' that differ", name));
    }
    found = &header.value;
  }
  return found;
}

std::unique_ptr<Transport> make_curl_transport(TransportOptions options) {
  return std::make_unique<CurlTransport>(std::move(options));
}

}  // namespace stamp::registry
