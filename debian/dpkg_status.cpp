#include "debian/dpkg_status.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/stream.h"
#include "base/text.h"

namespace stamp::debian {
namespace {

/// Fields that dpkg adds to those of the control file.
constexpr std::array<std::string_view, 5> kOwnFields = {"Status", "Config-Version", "Conffiles",
                                                        "Triggers-Pending", "Triggers-Awaited"};

/// The lines of the field Conffiles: " /etc/x MD5", with "obsolete" behind it or "newconffile" in
/// place of the sum. A path may hold blanks.
std::vector<ShippedFile> conffiles_of(std::string_view field) {
  std::vector<ShippedFile> files;
  while (!field.empty()) {
    const std::size_t end = std::min(field.find('\n'), field.size());
    std::string_view line = field.substr(0, end);
    field.remove_prefix(std::min(end + 1, field.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const std::size_t blank = line.rfind(' ');
    if (blank == line.npos) continue;
    const std::string_view sum = line.substr(blank + 1);
    if (sum.size() != 32) continue;
    files.push_back({std::string(line.substr(0, blank)), std::string(sum)});
  }
  return files;
}

StatusEntry entry_of(const Stanza& stanza) {
  const std::string& name = stanza.require("Package");
  const std::vector<std::string_view> status = words_of(stanza.require("Status"));
  if (status.size() != 3) {
    throw Error(ErrorKind::invalid, fmt::format("the status of '{}' is '{}'", printable(name, 80),
                                                printable(stanza.get("Status"), 80)));
  }
  StatusEntry entry;
  // "reinstreq": an installation that broke off.
  entry.state = status[1] == "ok" ? std::string(status[2]) : std::string(status[1]);
  if (entry.state != "not-installed") {
    static_cast<void>(stanza.require("Version"));
    static_cast<void>(stanza.require("Architecture"));
  }
  std::vector<Field> fields;
  for (const Field& field : stanza.fields()) {
    const bool is_own = std::ranges::find(kOwnFields, field.name) != kOwnFields.end();
    if (!is_own) fields.push_back(field);
  }
  entry.control = Stanza(std::move(fields));
  entry.conffiles = conffiles_of(stanza.get("Conffiles"));
  return entry;
}

}  // namespace

bool StatusEntry::is_unpacked() const {
  return state != "not-installed" && state != "config-files" && state != "half-installed" &&
         state != "reinstreq";
}

std::vector<StatusEntry> parse_status(std::string_view text) {
  BytesSourceView source(as_bytes(text));
  StanzaReader reader(source, "dpkg's status file");
  std::vector<StatusEntry> entries;
  while (const std::optional<Stanza> stanza = reader.next()) entries.push_back(entry_of(*stanza));
  return entries;
}

}  // namespace stamp::debian
