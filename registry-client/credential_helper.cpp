#include "registry-client/credential_helper.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include <unistd.h>

#include <fmt/core.h>

#include "base/child.h"
#include "base/error.h"
#include "base/json.h"

namespace stamp::registry {
namespace {

constexpr std::uint64_t kMaxAnswer = 64 * 1024;
constexpr std::chrono::seconds kTimeLimit{30};
constexpr std::string_view kNotFound = "credentials not found in native keychain";

/// The program in one of the folders of "/a:/b".
std::filesystem::path find_program(const std::string& program, std::string_view search_path) {
  while (!search_path.empty()) {
    const std::size_t colon = search_path.find(':');
    const std::filesystem::path folder(search_path.substr(0, colon));
    // What a relative folder means depends on where stamp was started: never a place for secrets.
    if (folder.is_absolute() && ::access((folder / program).c_str(), X_OK) == 0) {
      return folder / program;
    }
    search_path.remove_prefix(colon == std::string_view::npos ? search_path.size() : colon + 1);
  }
  throw Error(ErrorKind::unavailable,
              fmt::format("cannot ask the credential helper '{}': it is not in PATH", program),
              {.hint = "install it, or take it out of the settings that name it"});
}

Credentials read_answer(const std::string& program, const std::string& text) {
  const auto wrong = [&](std::string_view problem) {
    return Error(ErrorKind::corrupt,
                 fmt::format("cannot read what '{}' printed: {}", program, problem));
  };
  const Json answer = during(fmt::format("reading what '{}' printed", program), ErrorKind::corrupt,
                             [&] { return parse_json(text); });
  if (!answer.is_object()) throw wrong("it is no object");
  const auto member = [&](const char* name) {
    const auto found = answer.find(name);
    if (found == answer.end() || !found->is_string()) {
      throw wrong(fmt::format("it has no text '{}'", name));
    }
    return found->get<std::string>();
  };
  const std::string username = member("Username");
  if (username == "<token>") return {.identity_token = member("Secret")};
  return {.username = username, .password = member("Secret")};
}

/// What a helper answered, and how it ended.
struct HelperAnswer {
  std::string program;
  std::string text;
  int status = 0;
};

/// Runs a helper with an argument and an input. Errors: unavailable; invalid.
HelperAnswer run_helper(const std::string& name, const char* argument, std::string_view input,
                        const CredentialOptions& options) {
  constexpr std::string_view kNameChars = "abcdefghijklmnopqrstuvwxyz0123456789._-";
  if (name.empty() || name.find_first_not_of(kNameChars) != std::string::npos) {
    throw Error(ErrorKind::invalid,
                fmt::format("cannot ask the credential helper '{}': its name is malformed",
                            printable(name, 80)));
  }
  HelperAnswer answer = {.program = "docker-credential-" + name};
  Child child({.program = find_program(answer.program, options.search_path),
               .arguments = {argument},
               .environment = options.environment,
               .errors = Child::Errors::dropped,
               .time_limit = kTimeLimit});
  answer.text = child.communicate(input, kMaxAnswer);
  answer.status = child.wait();
  return answer;
}

void check_server(std::string_view server) {
  const bool plain = std::ranges::all_of(server, [](char c) { return c > ' ' && c < 0x7f; });
  if (!plain) throw Error(ErrorKind::internal, "cannot ask a credential helper: no host");
}

}  // namespace

std::optional<Credentials> ask_credential_helper(const std::string& name, std::string_view server,
                                                 const CredentialOptions& options) {
  check_server(server);
  const HelperAnswer answer = run_helper(name, "get", server, options);
  if (answer.status == 0) return read_answer(answer.program, answer.text);
  if (answer.text.find(kNotFound) != std::string::npos) return std::nullopt;
  throw Error(ErrorKind::unavailable,
              fmt::format("cannot ask the credential helper '{}': it ended with status {}",
                          answer.program, answer.status),
              {.hint = fmt::format("see why: echo {} | {} get", server, answer.program)});
}

void store_in_credential_helper(const std::string& name, std::string_view server,
                                const Credentials& credentials, const CredentialOptions& options) {
  check_server(server);
  const Json input = {{"ServerURL", std::string(server)},
                      {"Username", credentials.username},
                      {"Secret", credentials.password}};
  const HelperAnswer answer = run_helper(name, "store", input.dump(), options);
  if (answer.status == 0) return;
  throw Error(ErrorKind::unavailable,
              fmt::format("cannot keep credentials with '{}': it ended with status {}",
                          answer.program, answer.status),
              {.hint = "see whether the helper works by itself, or take it out of the settings "
                       "that name it"});
}

void erase_from_credential_helper(const std::string& name, std::string_view server,
                                  const CredentialOptions& options) {
  check_server(server);
  const HelperAnswer answer = run_helper(name, "erase", server, options);
  if (answer.status == 0) return;
  throw Error(ErrorKind::unavailable,
              fmt::format("cannot remove credentials from '{}': it ended with status {}",
                          answer.program, answer.status),
              {.hint = fmt::format("see why: echo {} | {} erase", server, answer.program)});
}

}  // namespace stamp::registry
