#include "registry-client/server_text.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"
#include "registry-client/retry.h"

namespace stamp::registry {
namespace {

constexpr std::size_t kMaxErrors = 100;
constexpr std::size_t kMaxShown = 300;
constexpr std::size_t kMaxWarning = 4096;

std::string text_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The text of a detail: itself, or its member "digest", whatever its case.
std::string detail_of(const Json& error) {
  const auto found = error.find("detail");
  if (found == error.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_object()) return {};
  const std::string digest = text_member(*found, "digest");
  return digest.empty() ? text_member(*found, "Digest") : digest;
}

/// The document, or null when the text is none.
Json parse_leniently(std::string_view body) {
  try {
    return parse_json(body);
  } catch (const Error&) {
    return nullptr;
  }
}

}  // namespace

std::vector<ServerError> read_server_errors(std::string_view body) {
  const Json document = parse_leniently(body);
  std::vector<ServerError> errors;
  if (!document.is_object()) return errors;
  const auto list = document.find("errors");
  if (list == document.end() || !list->is_array()) return errors;
  for (const Json& error : *list) {
    if (!error.is_object() || errors.size() == kMaxErrors) continue;
    errors.push_back({.code = text_member(error, "code"),
                      .message = text_member(error, "message"),
                      .detail = detail_of(error)});
  }
  return errors;
}

std::string describe_answer(int status, std::string_view body) {
  std::string text = describe_status(status);
  const std::vector<ServerError> errors = read_server_errors(body);
  if (errors.empty()) return text;
  const ServerError& error = errors.front();
  if (!error.message.empty()) text += ": " + printable(error.message, kMaxShown);
  if (!error.code.empty()) text += fmt::format(" ({})", printable(error.code, 60));
  return text;
}

std::vector<std::string> read_warnings(const Response& head) {
  std::vector<std::string> warnings;
  for (const Header& header : head.headers) {
    if (header.name != "warning" || !header.value.starts_with("299 ")) continue;
    const std::size_t open = header.value.find('"');
    const std::size_t close = header.value.rfind('"');
    if (open == std::string::npos || close <= open || close - open > kMaxWarning) continue;
    std::string text;
    for (std::size_t at = open + 1; at < close; ++at) {
      if (header.value[at] == '\\' && at + 1 < close) ++at;
      text += header.value[at];
    }
    warnings.push_back(std::move(text));
  }
  return warnings;
}

}  // namespace stamp::registry
