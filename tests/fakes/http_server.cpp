#include "tests/fakes/http_server.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/core.h>

namespace stamp::fakes {
namespace {

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return text;
}

HttpRequest parse_request(const std::string& head) {
  HttpRequest request;
  const std::size_t first = head.find(' ');
  const std::size_t second = head.find(' ', first + 1);
  request.method = head.substr(0, first);
  request.target = head.substr(first + 1, second - first - 1);
  std::size_t at = head.find("\r\n") + 2;
  while (at < head.size()) {
    const std::size_t end = head.find("\r\n", at);
    const std::string line = head.substr(at, end - at);
    if (const std::size_t colon = line.find(": "); colon != std::string::npos) {
      std::string& value = request.fields[lower_case(line.substr(0, colon))];
      value += (value.empty() ? "" : ", ") + line.substr(colon + 2);
    }
    at = end + 2;
  }
  return request;
}

/// The bytes of a connection by lines and by number.
class Reader {
 public:
  explicit Reader(HttpConnection& connection) : connection_(connection) {}

  /// The text up to and with `end`; nothing when the connection ends before, or is not for HTTP.
  std::optional<std::string> until(std::string_view end) {
    std::size_t searched = 0;
    while (true) {
      const std::size_t found = received_.find(end, searched);
      if (found != std::string::npos) return take(found + end.size());
      searched = received_.size() - std::min(received_.size(), end.size() - 1);
      if (!more() || is_tls()) return std::nullopt;
    }
  }
  /// Moves `size` bytes to `out`; fewer when the connection ends before.
  bool move(std::size_t size, std::string& out) {
    while (true) {
      const std::size_t now = std::min(size, received_.size());
      out.append(received_, 0, now);
      received_.erase(0, now);
      size -= now;
      if (size == 0) return true;
      if (!more()) return false;
    }
  }

 private:
  std::string take(std::size_t size) {
    std::string taken = received_.substr(0, size);
    received_.erase(0, size);
    return taken;
  }
  /// Whether somebody wants to speak TLS, and waits for an answer.
  bool is_tls() const { return received_.front() == '\x16'; }
  bool more() {
    const std::size_t got = connection_.receive(buffer_);
    received_.append(buffer_.data(), got);
    return got > 0;
  }

  HttpConnection& connection_;
  std::string received_;
  std::array<char, 64 * 1024> buffer_{};
};

bool move_chunks(Reader& reader, std::size_t most, std::string& out) {
  while (true) {
    const std::optional<std::string> line = reader.until("\r\n");
    if (!line) return false;
    const std::size_t size = std::stoul(*line, nullptr, 16);
    if (size == 0) return reader.until("\r\n").has_value();
    const std::size_t room = most - out.size();
    if (!reader.move(std::min(size, room), out) || size > room || !reader.until("\r\n")) {
      return false;
    }
  }
}

bool has_body(const HttpRequest& request) {
  const std::string length = request.field("content-length");
  return (!length.empty() && length != "0") || !request.field("transfer-encoding").empty();
}

/// Reads the body of `request` as far as `intake` says.
void read_body(HttpConnection& connection, Reader& reader, const HttpIntake& intake,
               HttpRequest& request) {
  const std::size_t most = intake.most.value_or(std::string::npos);
  if (lower_case(request.field("expect")) == "100-continue" && most > 0) {
    static_cast<void>(connection.send("HTTP/1.1 100 Continue\r\n\r\n"));
  }
  bool whole = false;
  if (request.field("transfer-encoding").empty()) {
    const std::size_t length = std::stoul(request.field("content-length"));
    whole = reader.move(std::min(length, most), request.body) && length <= most;
  } else {
    whole = move_chunks(reader, most, request.body);
  }
  request.body_incomplete = !whole;
  request.body_size = request.body.size();
}

std::string chunk(std::string_view text) {
  return fmt::format("{:x}\r\n{}\r\n", text.size(), text);
}

}  // namespace

std::string HttpRequest::field(const std::string& name) const {
  const auto found = fields.find(name);
  return found != fields.end() ? found->second : std::string();
}

HttpServer::HttpServer(Handler handler, HttpServerOptions options)
    : handler_(std::move(handler)), options_(std::move(options)) {
  if (options_.tls) tls_ = std::make_unique<TlsAcceptor>(*options_.tls, options_.newest_tls);
  listening_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listening_.get(), generic, size) != 0 || ::listen(listening_.get(), 64) != 0 ||
      ::getsockname(listening_.get(), generic, &size) != 0) {
    throw std::runtime_error("no loopback port");
  }
  port_ = ntohs(address.sin_port);
  accepting_ = std::jthread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  stopping_ = true;
  static_cast<void>(::shutdown(listening_.get(), SHUT_RDWR));
  accepting_.join();
  // A thread that waits for the next request of a kept connection wakes up.
  const auto wake = [](std::list<std::unique_ptr<HttpConnection>>& open) {
    for (const auto& connection : open) connection->close();
  };
  wake(*open_.lock());
  threads_.clear();
}

std::string HttpServer::url(const std::string& path) const {
  return fmt::format("{}://{}{}", tls_ != nullptr ? "https" : "http", host(), path);
}

std::string HttpServer::host() const {
  return fmt::format("127.0.0.1:{}", port_);
}

std::vector<HttpRequest> HttpServer::requests() {
  return *requests_.lock();
}

void HttpServer::accept_all() {
  while (!stopping_) {
    Fd socket(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) return;
    ++connections_;
    const int yes = 1;
    static_cast<void>(::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes));
    HttpConnection* connection = nullptr;
    {
      auto open = open_.lock();
      open->push_back(tls_ != nullptr ? tls_->wrap(std::move(socket))
                                      : std::make_unique<HttpConnection>(std::move(socket)));
      connection = open->back().get();
    }
    threads_.emplace_back([this, connection] { serve(*connection); });
  }
}

void HttpServer::serve(HttpConnection& connection) {
  bool kept = connection.open();
  Reader reader(connection);
  while (kept && !stopping_) {
    const std::optional<std::string> head = reader.until("\r\n\r\n");
    if (!head) break;
    HttpRequest request = parse_request(head->substr(0, head->size() - 2));
    if (has_body(request)) {
      const HttpIntake intake = options_.intake ? options_.intake(request) : HttpIntake{};
      rest(intake.pause);
      read_body(connection, reader, intake, request);
    }
    kept = answer(connection, request);
    if (kept && request.body_incomplete) {
      connection.close_gently();
      kept = false;
    }
  }
  connection.close();
}

void HttpServer::rest(std::chrono::milliseconds time) const {
  constexpr std::chrono::milliseconds slice(20);
  for (; time > slice && !stopping_; time -= slice) std::this_thread::sleep_for(slice);
  if (!stopping_) std::this_thread::sleep_for(time);
}

bool HttpServer::answer(HttpConnection& connection, const HttpRequest& request) {
  HttpReply reply;
  {
    auto requests = requests_.lock();
    reply = handler_(request);
    HttpRequest logged = request;
    logged.body.clear();
    requests->push_back(std::move(logged));
  }
  if (reply.none) {
    connection.reset();
    return false;
  }
  std::string head = fmt::format("HTTP/1.1 {} X\r\n", reply.status);
  bool has_length = reply.without_length;
  for (const auto& [name, value] : reply.fields) {
    head += name + ": " + value + "\r\n";
    has_length = has_length || name == "content-length" || name == "transfer-encoding";
  }
  if (!has_length && reply.chunked) {
    head += "transfer-encoding: chunked\r\n";
  } else if (!has_length && reply.status != 304 && reply.status != 204) {
    head += fmt::format("content-length: {}\r\n", reply.body.size());
  }
  if (!send_head(connection, reply, head + "\r\n")) return false;
  if (request.method == "HEAD") return !reply.without_length;
  return send_body(connection, reply);
}

bool HttpServer::send_head(HttpConnection& connection, const HttpReply& reply,
                           const std::string& head) {
  if (!reply.trickle_head) return connection.send(head);
  for (const char c : head) {
    rest(reply.pause);
    if (stopping_ || !connection.send(std::string_view(&c, 1))) return false;
  }
  return true;
}

bool HttpServer::send_body(HttpConnection& connection, const HttpReply& reply) {
  const std::string_view body =
      std::string_view(reply.body).substr(0, reply.cut_after.value_or(reply.body.size()));
  if (!reply.trickle) rest(reply.pause);
  if (reply.trickle) {
    for (const char c : body) {
      rest(reply.pause);
      if (stopping_ || !connection.send(std::string_view(&c, 1))) return false;
    }
  } else if (reply.chunked) {
    if (!body.empty() && !connection.send(chunk(body))) return false;
    if (!reply.cut_after && !connection.send("0\r\n\r\n")) return false;
  } else if (!connection.send(body)) {
    return false;
  }
  if (reply.cut_after && reply.cut_by_reset) connection.reset();
  return !reply.cut_after && !reply.without_length;
}

HttpReply ranged(const HttpRequest& request, const std::string& whole) {
  const std::string range = request.field("range");
  if (range.empty()) return {.body = whole};
  const std::size_t first = std::stoul(range.substr(range.find('=') + 1));
  const std::size_t dash = range.find('-');
  const std::string end = dash == std::string::npos ? "" : range.substr(dash + 1);
  if (first >= whole.size()) {
    return {.status = 416, .fields = {{"content-range", fmt::format("bytes */{}", whole.size())}}};
  }
  const std::size_t last =
      end.empty() ? whole.size() - 1 : std::min<std::size_t>(std::stoul(end), whole.size() - 1);
  return {.status = 206,
          .fields = {{"content-range", fmt::format("bytes {}-{}/{}", first, last, whole.size())}},
          .body = whole.substr(first, last - first + 1)};
}

}  // namespace stamp::fakes
