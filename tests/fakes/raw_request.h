#pragma once
// A plain HTTP request over a socket, for tests of servers.

#include <map>
#include <string>
#include <vector>

namespace stamp::fakes {

/// What a server answered to ask().
struct RawAnswer {
  int status = 0;                             ///< 0: nothing came
  std::map<std::string, std::string> fields;  ///< names in lower case
  std::string body;
};

/// Sends one request to "127.0.0.1:PORT" on a connection of its own and reads the answer. `lines`
/// are fields ("name: value"). `claimed` more bytes than `body` are announced and never sent.
RawAnswer ask(const std::string& host, const std::string& method_and_target,
              const std::vector<std::string>& lines = {}, const std::string& body = "",
              std::size_t claimed = 0);

}  // namespace stamp::fakes
