#include "debian/host_apt.h"

#include <algorithm>

#include "base/text.h"

namespace stamp::debian {
namespace {

std::string_view without_slashes(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

/// Whether a word is a snapshot's time: "20261120T000000Z".
bool is_timestamp(std::string_view word) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return word.size() == 16 && word[8] == 'T' && word[15] == 'Z' &&
         std::ranges::all_of(word.substr(0, 8), digit) &&
         std::ranges::all_of(word.substr(9, 6), digit);
}

/// What an address is an archive of: its last word, a snapshot's time apart.
std::string_view archive_name(std::string_view address) {
  address = without_slashes(address);
  std::string_view name = address.substr(address.rfind('/') + 1);
  if (is_timestamp(name)) {
    address = without_slashes(address.substr(0, address.size() - name.size()));
    name = address.substr(address.rfind('/') + 1);
  }
  return name;
}

/// A stanza of a ".sources" file, as far as it matters here.
struct SourcesStanza {
  std::string types;
  std::string addresses;
  bool enabled = true;

  /// Takes note of a field's first line or of one that continues it.
  void add(std::string_view name, std::string_view value) {
    if (name == "types") types.append(value).push_back(' ');
    if (name == "uris") addresses.append(value).push_back(' ');
    if (name == "enabled") {
      const std::vector<std::string_view> words = words_of(value);
      enabled = words.size() != 1 || (words[0] != "no" && words[0] != "false" && words[0] != "0");
    }
  }
};

/// The addresses of binary packages in a ".sources" file. Spec: sources.list(5).
std::vector<std::string> addresses_of_sources(std::string_view text) {
  std::vector<std::string> addresses;
  SourcesStanza stanza;
  std::string field;
  const auto end_stanza = [&] {
    const std::vector<std::string_view> types = words_of(stanza.types);
    if (stanza.enabled && std::ranges::find(types, "deb") != types.end()) {
      for (const std::string_view word : words_of(stanza.addresses)) addresses.emplace_back(word);
    }
    stanza = {};
    field.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('#')) continue;
    if (words_of(line).empty()) {
      end_stanza();
    } else if (line.front() == ' ' || line.front() == '\t') {
      stanza.add(field, line);
    } else {
      const std::size_t colon = std::min(line.find(':'), line.size());
      field = lower_case(line.substr(0, colon));
      stanza.add(field, line.substr(std::min(colon + 1, line.size())));
    }
  }
  end_stanza();
  return addresses;
}

/// The addresses of binary packages in a ".list" file: "deb [options] ADDRESS SUITE COMPONENT…".
std::vector<std::string> addresses_of_list(std::string_view text) {
  std::vector<std::string> addresses;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    if (const std::size_t open = line.find('['); open != std::string_view::npos) {
      const std::size_t close = line.find(']', open);
      if (close == std::string_view::npos) continue;
      const std::vector<std::string_view> type = words_of(line.substr(0, open));
      const std::vector<std::string_view> rest = words_of(line.substr(close + 1));
      if (type.size() == 1 && type[0] == "deb" && !rest.empty()) addresses.emplace_back(rest[0]);
      continue;
    }
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() >= 2 && words[0] == "deb") addresses.emplace_back(words[1]);
  }
  return addresses;
}

bool is_usable(std::string_view address) {
  const bool known = address.starts_with("http://") || address.starts_with("https://") ||
                     address.starts_with("file:///");
  // An address with user information holds a password of another program.
  const std::size_t host = address.find("//");
  const std::size_t end = address.find('/', host + 2);
  return known && address.substr(0, end).find('@') == std::string_view::npos;
}

}  // namespace

std::vector<std::string> host_apt_mirrors(std::string_view archive,
                                          std::span<const AptSourcesFile> files) {
  const std::string_view wanted = archive_name(archive);
  std::vector<std::string> mirrors;
  for (const AptSourcesFile& file : files) {
    for (std::string& address : file.name.ends_with(".sources") ? addresses_of_sources(file.text)
                                                                : addresses_of_list(file.text)) {
      // "file:/path" is apt's short way to write what a URL has with three slashes.
      if (address.starts_with("file:/") && !address.starts_with("file://")) {
        address.insert(5, "//");
      }
      const std::string mirror(without_slashes(address));
      if (!is_usable(mirror) || archive_name(mirror) != wanted) continue;
      if (std::ranges::find(mirrors, mirror) == mirrors.end()) mirrors.push_back(mirror);
    }
  }
  return mirrors;
}

}  // namespace stamp::debian
