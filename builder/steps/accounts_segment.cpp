#include "builder/steps/accounts_segment.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::build {
namespace {

constexpr std::uint64_t kMaxFile = 4U << 20U;

/// A file of accounts: one line for each, fields between colons.
struct AccountFile {
  std::string_view path;     ///< "etc/passwd"
  std::string_view master;   ///< what base-passwd brings; empty when it does not
  std::string_view minimal;  ///< when there is neither
};

constexpr AccountFile kPasswd = {
    "etc/passwd", "usr/share/base-passwd/passwd.master",
    "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"};
constexpr AccountFile kGroup = {"etc/group", "usr/share/base-passwd/group.master",
                                "root:x:0:\nnogroup:x:65534:\n"};

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// Names and ids of a passwd or group file: both have them in the first and third field.
class Taken {
 public:
  Taken(std::string_view text, std::string_view what) : what_(what) {
    for (const std::string& line : split(text, '\n')) {
      const std::vector<std::string> fields = split(line, ':');
      if (fields.size() > 2) {
        names_.emplace(fields[0], fields[2]);
        ids_.emplace(fields[2], fields[0]);
      }
    }
  }

  /// Whether a line for this name and id must be added. Errors: invalid.
  bool is_new(const std::string& name, std::uint32_t number) const {
    const std::string id = std::to_string(number);
    const auto same_name = names_.find(name);
    if (same_name != names_.end()) {
      if (same_name->second == id) return false;
      throw Error(ErrorKind::invalid,
                  fmt::format("cannot add {} '{}' with id {}: the image has one with id {}", what_,
                              name, id, same_name->second),
                  {.hint = "give it that id in 'accounts', or another name"});
    }
    const auto same_id = ids_.find(id);
    if (same_id != ids_.end()) {
      throw Error(ErrorKind::invalid,
                  fmt::format("cannot add {} '{}' with id {}: the image gives that id to '{}'",
                              what_, name, id, same_id->second),
                  {.hint = "choose another id in 'accounts'"});
    }
    return true;
  }

 private:
  std::string_view what_;
  std::map<std::string, std::string> names_;
  std::map<std::string, std::string> ids_;
};

std::string ended(std::string_view text) {
  std::string out(text);
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
  return out;
}

bool has_file(const ImageFiles& image, std::string_view path) {
  const layer::Entry* entry = image.resolve(EntryPath::parse_member(path));
  return entry != nullptr && entry->type == layer::EntryType::file;
}

std::string read_or_start(const ImageFiles& image, const AccountFile& file) {
  for (const std::string_view path : {file.path, file.master}) {
    if (has_file(image, path)) return image.read(EntryPath::parse_member(path), kMaxFile);
  }
  return std::string(file.minimal);
}

class Writer {
 public:
  Writer(const ImageFiles& image, const AccountsSegment& segment, layer::SegmentWriter& writer)
      : image_(image), segment_(segment), writer_(writer) {}

  void run() {
    const std::string passwd = read_or_start(image_, kPasswd);
    const std::string group = read_or_start(image_, kGroup);
    std::map<std::string, std::string> files;
    files[std::string(kPasswd.path)] = add_users(passwd, segment_.accounts);
    files[std::string(kGroup.path)] = add_groups(group, segment_.accounts);
    std::vector<std::string> users;
    for (const workspace::User& user : segment_.accounts.users) users.push_back(user.name);
    std::vector<std::string> groups;
    for (const workspace::Group& entry : segment_.accounts.groups) groups.push_back(entry.name);
    // A password that nothing matches: the account cannot log in with one.
    add_shadow(files, "etc/shadow", users, ":!::0:99999:7:::\n");
    add_shadow(files, "etc/gshadow", groups, ":!::\n");
    for (const auto& [path, text] : files) write_file(EntryPath::parse_member(path), text);
    add_homes();
  }

 private:
  void add_shadow(std::map<std::string, std::string>& files, const std::string& path,
                  const std::vector<std::string>& names, std::string_view rest) const {
    if (!has_file(image_, path)) return;
    std::string text = ended(image_.read(EntryPath::parse_member(path), kMaxFile));
    for (const std::string& name : names) {
      const std::string start = name + ":";
      if (!text.starts_with(start) && text.find("\n" + start) == std::string::npos) {
        text += name;
        text += rest;
      }
    }
    files[path] = std::move(text);
  }

  void write_file(const EntryPath& path, const std::string& text) {
    const layer::Entry* there = image_.resolve(path);
    layer::Entry entry;
    if (there != nullptr) entry = *there;
    entry.path = there != nullptr ? there->path : path;
    entry.type = layer::EntryType::file;
    entry.mtime = segment_.mtime;
    entry.size = text.size();
    BytesSourceView content(as_bytes(text));
    writer_.add(entry, content);
  }

  void add_homes() {
    std::map<EntryPath, layer::Entry> homes;
    for (const workspace::User& user : segment_.accounts.users) {
      const EntryPath home = EntryPath::parse(user.home);
      if (home.is_root() || home.str() == "nonexistent" || image_.resolve(home) != nullptr)
        continue;
      // A link among its parents stays one: the folder is made where the link leads.
      const EntryPath place = image_.place_of(home);
      layer::Entry entry;
      entry.path = place;
      entry.type = layer::EntryType::directory;
      entry.mode = 0755;
      entry.uid = user.uid;
      entry.gid = user.gid;
      entry.mtime = segment_.mtime;
      homes.emplace(place, std::move(entry));
    }
    for (const auto& [path, entry] : homes) writer_.add_directory(entry);
  }

  const ImageFiles& image_;
  const AccountsSegment& segment_;
  layer::SegmentWriter& writer_;
};

}  // namespace

std::string add_users(std::string_view passwd, const workspace::Accounts& accounts) {
  const Taken taken(passwd, "user");
  std::string text = ended(passwd);
  for (const workspace::User& user : accounts.users) {
    if (!taken.is_new(user.name, user.uid)) continue;
    text +=
        fmt::format("{}:x:{}:{}::{}:{}\n", user.name, user.uid, user.gid, user.home, user.shell);
  }
  return text;
}

std::string add_groups(std::string_view group, const workspace::Accounts& accounts) {
  const Taken taken(group, "group");
  std::string text = ended(group);
  for (const workspace::Group& entry : accounts.groups) {
    if (taken.is_new(entry.name, entry.gid))
      text += fmt::format("{}:x:{}:\n", entry.name, entry.gid);
  }
  return text;
}

layer::Segment write_accounts(const ImageFiles& image, const AccountsSegment& segment,
                              const layer::SegmentOptions& options, Sink& out) {
  layer::SegmentWriter writer(out, options);
  Writer(image, segment, writer).run();
  return writer.finish();
}

}  // namespace stamp::build
