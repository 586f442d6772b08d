#include "tests/fakes/http_server.h"

#include <array>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/core.h>

namespace stamp::fakes {
namespace {

/// Sends all of `text`; false when the other side has gone.
bool send_all(int connection, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

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
      request.fields[lower_case(line.substr(0, colon))] = line.substr(colon + 2);
    }
    at = end + 2;
  }
  return request;
}

}  // namespace

std::string HttpRequest::field(const std::string& name) const {
  const auto found = fields.find(name);
  return found != fields.end() ? found->second : std::string();
}

HttpServer::HttpServer(Handler handler) : handler_(std::move(handler)) {
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
  const auto wake = [](std::list<Fd>& open) {
    for (const Fd& connection : open) static_cast<void>(::shutdown(connection.get(), SHUT_RDWR));
  };
  wake(*open_.lock());
  threads_.clear();
}

std::string HttpServer::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::vector<HttpRequest> HttpServer::requests() {
  return *requests_.lock();
}

void HttpServer::accept_all() {
  while (!stopping_) {
    const int number = ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (number < 0) return;
    ++connections_;
    Fd* connection = nullptr;
    {
      auto open = open_.lock();
      open->push_back(Fd(number));
      connection = &open->back();
    }
    threads_.emplace_back([this, connection] { serve(*connection); });
  }
}

void HttpServer::serve(const Fd& connection) {
  std::string received;
  std::array<char, 4096> buffer{};
  while (!stopping_) {
    std::size_t end = received.find("\r\n\r\n");
    if (end == std::string::npos) {
      const ssize_t got = ::recv(connection.get(), buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      received.append(buffer.data(), static_cast<std::size_t>(got));
      continue;
    }
    const HttpRequest request = parse_request(received.substr(0, end + 2));
    received.erase(0, end + 4);
    if (!answer(connection.get(), request)) break;
  }
  static_cast<void>(::shutdown(connection.get(), SHUT_RDWR));
}

bool HttpServer::answer(int connection, const HttpRequest& request) {
  HttpReply reply;
  {
    auto requests = requests_.lock();
    requests->push_back(request);
    reply = handler_(request);
  }
  std::string head = fmt::format("HTTP/1.1 {} X\r\n", reply.status);
  bool has_length = reply.without_length;
  for (const auto& [name, value] : reply.fields) {
    head += name + ": " + value + "\r\n";
    has_length = has_length || name == "content-length" || name == "transfer-encoding";
  }
  if (!has_length && reply.status != 304) {
    head += fmt::format("content-length: {}\r\n", reply.body.size());
  }
  if (!send_all(connection, head + "\r\n")) return false;
  const std::string_view body =
      std::string_view(reply.body).substr(0, reply.cut_after.value_or(reply.body.size()));
  if (!reply.trickle) std::this_thread::sleep_for(reply.pause);
  if (reply.trickle) {
    for (const char c : body) {
      std::this_thread::sleep_for(reply.pause);
      if (stopping_ || !send_all(connection, std::string_view(&c, 1))) return false;
    }
  } else if (!send_all(connection, body)) {
    return false;
  }
  return !reply.cut_after && !reply.without_length;
}

HttpReply ranged(const HttpRequest& request, const std::string& whole) {
  const std::string range = request.field("range");
  if (range.empty()) return {.body = whole};
  const std::size_t first = std::stoul(range.substr(range.find('=') + 1));
  if (first >= whole.size()) {
    return {.status = 416, .fields = {{"content-range", fmt::format("bytes */{}", whole.size())}}};
  }
  return {.status = 206,
          .fields = {{"content-range",
                      fmt::format("bytes {}-{}/{}", first, whole.size() - 1, whole.size())}},
          .body = whole.substr(first)};
}

}  // namespace stamp::fakes
