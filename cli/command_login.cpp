#include <algorithm>

#include <unistd.h>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "oci/reference.h"
#include "registry-client/login.h"

namespace stamp::cli {
namespace {

constexpr std::uint64_t kMaxPassword = 64 * 1024;

/// A registry's host as references name it. Errors: usage.
std::string host_of(std::string_view text) {
  const auto refuse = [&](std::string_view problem, std::string hint) {
    return Error(ErrorKind::usage,
                 fmt::format("cannot use the registry '{}': {}", printable(text, 300), problem),
                 {.hint = std::move(hint)});
  };
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    const std::string_view rest = text.substr(scheme + 3);
    throw refuse("a host is wanted", printable(rest.substr(0, rest.find('/')), 300));
  }
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    throw refuse("a host is wanted", printable(text.substr(0, slash), 300));
  }
  const bool is_host = text.find_first_of(".:") != std::string_view::npos || text == "localhost";
  if (!is_host) throw refuse("it is no host", "registry.example, registry.example:5000");
  return during("reading the registry's name",
                [&] { return oci::Reference::parse(std::string(text) + "/any").host; });
}

std::string read_password(const LoginCommand& command, const std::string& host) {
  if (!command.password_stdin) {
    return ask(fmt::format("password for {}: ", host), Echo::off);
  }
  FileSource input(Fd(::dup(STDIN_FILENO)), "standard input");
  std::string password = read_all(input, kMaxPassword, "the password");
  if (password.ends_with('\n')) password.pop_back();
  if (password.ends_with('\r')) password.pop_back();
  return password;
}

/// Who logs in, as files can hold it. Errors: usage.
registry::Credentials credentials_of(const LoginCommand& command, const std::string& host) {
  registry::Credentials credentials;
  credentials.username = command.username;
  if (credentials.username.empty() && command.password_stdin) {
    throw Error(ErrorKind::usage, fmt::format("cannot log in to '{}': no user is named", host),
                {.hint = "--username NAME"});
  }
  if (credentials.username.empty()) {
    credentials.username = ask(fmt::format("user name for {}: ", host), Echo::on);
  }
  const bool plain = std::ranges::all_of(credentials.username, [](char c) {
    return static_cast<unsigned char>(c) >= ' ' && c != 0x7f && c != ':';
  });
  if (credentials.username.empty() || !plain) {
    throw Error(ErrorKind::usage,
                fmt::format("cannot log in to '{}': a user name has no ':' and no control "
                            "characters, and is not empty",
                            host));
  }
  credentials.password = read_password(command, host);
  const bool one_line =
      credentials.password.find_first_of(std::string_view("\n\r\0", 3)) == std::string::npos;
  if (credentials.password.empty() || !one_line) {
    throw Error(ErrorKind::usage,
                fmt::format("cannot log in to '{}': a password is one line, and not empty", host));
  }
  return credentials;
}

}  // namespace

void run(const LoginCommand& command, Context& context) {
  const std::string host = host_of(command.host);
  if (context.environment().login_file.empty()) {
    throw Error(ErrorKind::unavailable, "there is no place for credentials: HOME is not set",
                {.hint = "name a file with $REGISTRY_AUTH_FILE"});
  }
  const registry::Credentials credentials = credentials_of(command, host);
  registry::CredentialStore entered;
  entered.add(host, credentials);
  const auto client = context.make_registries(entered);
  client->log_in(host);
  // One request: the registry let us in before it saw a password.
  if (client->traffic().requests == 1) {
    context.progress().warn(
        fmt::format("{} asks nobody for a password: this one was not checked", host));
  }
  const std::string where = during("keeping credentials for " + host, [&] {
    return registry::keep_credentials(context.credential_options(),
                                      context.environment().login_file, host, credentials);
  });
  print_result(fmt::format("{}: logged in as {}, kept by {}\n", host, credentials.username, where));
}

void run(const LogoutCommand& command, Context& context) {
  const std::string host = host_of(command.host);
  const std::vector<std::string> from = during("forgetting credentials for " + host, [&] {
    return registry::forget_credentials(context.credential_options(), host);
  });
  std::string text;
  for (const std::string& where : from) {
    text += fmt::format("{}: logged out of {}\n", host, where);
  }
  print_result(from.empty() ? fmt::format("{}: nobody was logged in\n", host) : text);
}

}  // namespace stamp::cli
