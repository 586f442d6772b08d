#include "tests/fakes/raw_request.h"

#include <array>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <fmt/core.h>

#include "tests/fakes/http_connection.h"
#include "tests/fakes/http_query.h"

namespace stamp::fakes {
namespace {

std::string lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return text;
}

}  // namespace

RawAnswer ask(const std::string& host, const std::string& method_and_target,
              const std::vector<std::string>& lines, const std::string& body, std::size_t claimed) {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(split_at(host, ":").second)));
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("nobody listens");
  }
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  static_cast<void>(
      ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience));
  HttpConnection connection(std::move(socket));
  std::string text = method_and_target + " HTTP/1.1\r\nhost: " + host + "\r\n";
  if (!body.empty() || claimed > 0) {
    text += fmt::format("content-length: {}\r\n", body.size() + claimed);
  }
  for (const std::string& line : lines) text += line + "\r\n";
  static_cast<void>(connection.send(text + "\r\n" + body));
  std::string received;
  std::array<char, 4096> buffer{};
  const bool head_only = method_and_target.starts_with("HEAD ");
  RawAnswer answer;
  while (true) {
    const std::size_t got = connection.receive(buffer);
    if (got == 0) break;
    received.append(buffer.data(), got);
    const auto [head, rest] = split_at(received, "\r\n\r\n");
    if (received.find("\r\n\r\n") == std::string::npos) continue;
    answer.status = std::stoi(split_at(head, " ").second);
    std::string_view left = head;
    while (!left.empty()) {
      const auto [line, others] = split_at(left, "\r\n");
      const auto [name, value] = split_at(line, ": ");
      answer.fields[lower_case(name)] = value;
      left.remove_prefix(std::min(left.size(), line.size() + 2));
    }
    answer.body = rest;
    const std::string length = answer.fields["content-length"];
    if (head_only || answer.status == 204 ||
        (!length.empty() && rest.size() >= std::stoul(length))) {
      break;
    }
  }
  connection.close();
  return answer;
}

}  // namespace stamp::fakes
