#include "pin/kept_references.h"

#include <optional>

#include <fmt/core.h>

#include "base/yaml_tree.h"

namespace stamp::pin {
namespace {

constexpr std::size_t kHexDigits = 64;
constexpr std::string_view kSha256 = "sha256:";

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '.' || c == '-';
}

/// The end of the word that begins at `begin`.
std::size_t word_end(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  while (end < text.size() && is_word(text[end])) ++end;
  return end;
}

/// The 64 hexadecimal digits, and no more, at `begin`.
std::optional<Digest> digest_at(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  while (end < text.size() && is_hex_digit(text[end])) ++end;
  if (end - begin != kHexDigits) return std::nullopt;
  return Digest::parse_hex(text.substr(begin, kHexDigits));
}

/// What files would call a repository: its path, which may stand behind any host; one without a
/// slash would be any word, and needs its host.
std::string name_of(const oci::Reference& repository) {
  return repository.repository.find('/') == std::string::npos ? repository.repository_str()
                                                              : repository.repository;
}

/// A name of a repository in a text, with what follows it.
struct Mention {
  std::string_view tag;          ///< empty: none
  std::optional<Digest> digest;  ///< beside it
  bool is_unclear = false;       ///< something else makes the one or the other
  std::size_t at = 0;            ///< where it begins
};

/// Whether what begins at `begin` and ends before `end` is a name of its own, not a part of
/// another.
bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
  if (begin > 0 && is_word(text[begin - 1])) return false;
  if (end == text.size()) return true;
  if (text[end] == '/') return false;
  if (text[end] == '.') return end + 1 == text.size() || !is_word(text[end + 1]);
  return !is_word(text[end]);
}

Mention mention_at(std::string_view text, std::size_t end) {
  Mention mention;
  if (end < text.size() && text[end] == ':') {
    const std::size_t begin = end + 1;
    end = word_end(text, begin);
    mention.tag = text.substr(begin, end - begin);
  }
  if (end < text.size() && text[end] == '@' && text.substr(end + 1).starts_with(kSha256)) {
    mention.digest = digest_at(text, end + 1 + kSha256.size());
  }
  // "${VERSION}", "{{ .Values.tag }}", "$(tag)", "%s", "<version>"
  const std::size_t next =
      end + (end < text.size() && (text[end] == '@' || text[end] == ':') ? 1 : 0);
  mention.is_unclear = !mention.digest && next < text.size() &&
                       std::string_view("{$%<").find(text[next]) != std::string_view::npos;
  return mention;
}

/// The names of `name` in a text.
std::vector<Mention> mentions(std::string_view text, std::string_view name) {
  std::vector<Mention> found;
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + name.size())) {
    const std::size_t end = at + name.size();
    if (!stands_alone(text, at, end)) continue;
    found.push_back(mention_at(text, end));
    found.back().at = at;
  }
  return found;
}

}  // namespace

void KeptReferences::add(const oci::Reference& reference) {
  if (reference.digest) digests_.insert(*reference.digest);
  for (const oci::Reference& repository : repositories_) {
    const std::string& path = repository.repository;
    const bool is_it = reference.repository == path || reference.repository.ends_with("/" + path);
    if (!is_it) continue;
    Named& named = of_[repository.repository_str()];
    if (reference.digest) {
      named.digests.insert(*reference.digest);
    } else {
      named.tags.insert(reference.tag.empty() ? "latest" : reference.tag);
    }
  }
}

void KeptReferences::add_text(std::string_view file, std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_hex_digit(text[at])) continue;
    if (const std::optional<Digest> digest = digest_at(text, at)) digests_.insert(*digest);
    while (at + 1 < text.size() && is_hex_digit(text[at + 1])) ++at;
  }
  for (const oci::Reference& repository : repositories_) add_text_of(repository, file, text);
}

void KeptReferences::add_text_of(const oci::Reference& repository, std::string_view file,
                                 std::string_view text) {
  const std::vector<Mention> found = mentions(text, name_of(repository));
  if (found.empty()) return;
  Named& named = of_[repository.repository_str()];
  std::set<const char*> pinned;  // where tags begin that a digest stands beside
  for (const Mention& mention : found) {
    if (mention.is_unclear) {
      unclear_.push_back(fmt::format("{}:{}", file, position_at(text, mention.at).line));
    }
    if (mention.digest) {
      named.digests.insert(*mention.digest);
      if (!mention.tag.empty()) pinned.insert(mention.tag.data());
    } else if (mention.tag.empty()) {
      named.tags.insert("latest");
    }
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_word(text[at])) continue;
    const std::size_t end = word_end(text, at);
    std::string_view word = text.substr(at, end - at);
    const bool counts = pinned.count(word.data()) == 0;
    at = end;
    if (!counts) continue;
    named.tags.emplace(word);
    while (word.ends_with('.')) word.remove_suffix(1);  // the end of a sentence
    named.tags.emplace(word);
  }
}

bool KeptReferences::has(const oci::Reference& repository, std::string_view tag) const {
  const auto found = of_.find(repository.repository_str());
  return found != of_.end() && found->second.tags.count(tag) > 0;
}

std::set<Digest> KeptReferences::named_with(const oci::Reference& repository) const {
  const auto found = of_.find(repository.repository_str());
  return found == of_.end() ? std::set<Digest>() : found->second.digests;
}

}  // namespace stamp::pin
