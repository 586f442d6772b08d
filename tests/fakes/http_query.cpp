#include "tests/fakes/http_query.h"

#include <fmt/core.h>

namespace stamp::fakes {

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      decoded += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    encoded += plain ? std::string(1, c)
                     : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return encoded;
}

Query::Query(std::string_view text) {
  while (!text.empty()) {
    const auto [pair, rest] = split_at(text, "&");
    const auto [name, value] = split_at(pair, "=");
    pairs_.emplace_back(percent_decoded(name), percent_decoded(value));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
  }
}

std::string Query::get(std::string_view name) const {
  const std::vector<std::string> values = all(name);
  return values.empty() ? "" : values.front();
}

std::vector<std::string> Query::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [own, value] : pairs_) {
    if (own == name) values.push_back(value);
  }
  return values;
}

std::pair<std::string, std::string> split_at(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, at)), std::string(text.substr(at + mark.size()))};
}

}  // namespace stamp::fakes
