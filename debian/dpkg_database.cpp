#include "debian/dpkg_database.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/text.h"

namespace stamp::debian {
namespace {

constexpr std::string_view kInfo = "var/lib/dpkg/info/";

/// The fields that dpkg knows, in the order in which it writes them. "Status" and "Conffiles" stand
/// where it puts them. Spec: dpkg's lib/dpkg/parse.c, `fieldinfos`.
constexpr std::array<std::string_view, 29> kFieldOrder = {
    "Package",        "Essential",  "Protected",      "Status",   "Priority",     "Section",
    "Installed-Size", "Origin",     "Maintainer",     "Bugs",     "Architecture", "Multi-Arch",
    "Source",         "Version",    "Config-Version", "Replaces", "Provides",     "Depends",
    "Pre-Depends",    "Recommends", "Suggests",       "Breaks",   "Conflicts",    "Enhances",
    "Conffiles",      "Filename",   "Size",           "MD5sum",   "Description"};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

/// The flag of a conffile that the package no longer ships and that goes when it is upgraded.
constexpr std::string_view kRemoved = "remove-on-upgrade";

/// The conffiles that the package ships, in the order of its list.
std::vector<std::string_view> conffiles_of(const ControlArchive& control) {
  std::vector<std::string_view> paths;
  const ControlMember* member = control.find("conffiles");
  if (member == nullptr) return paths;
  for (const std::string_view line : lines_of(member->text)) {
    // A line with a flag names a file that the package no longer has.
    if (const std::string_view path = trimmed(line); path.starts_with('/')) paths.push_back(path);
  }
  return paths;
}

/// The value of the field Conffiles; "" when the package has none.
std::string conffiles_field(const UnpackedPackage& package) {
  std::string value;
  const ControlMember* member = package.control.find("conffiles");
  if (member == nullptr) return value;
  for (const std::string_view line : lines_of(member->text)) {
    const std::string_view path = trimmed(line);
    if (path.starts_with(kRemoved)) {
      // dpkg never gets to know a sum of it.
      value += fmt::format("\n {} newconffile {}", trimmed(path.substr(kRemoved.size())), kRemoved);
      continue;
    }
    const auto file = std::ranges::find(package.files, path, &ShippedFile::path);
    if (file == package.files.end() || file->md5.empty()) continue;
    value += fmt::format("\n {} {}", path, file->md5);
  }
  return value;
}

bool is_known(std::string_view name) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  };
  return std::ranges::any_of(kFieldOrder, [&](std::string_view known) {
    return std::ranges::equal(known, name, {}, lower, lower);
  });
}

/// The members of the control archive that dpkg does not keep in info/.
bool is_kept(std::string_view member) {
  // "control" itself is in the status file; dpkg writes the list, and the sums where there are
  // none.
  return member != "control" && member != "list" && member != "md5sums";
}

std::string md5sums_of(const UnpackedPackage& package) {
  if (const ControlMember* member = package.control.find("md5sums")) return member->text;
  const std::vector<std::string_view> conffiles = conffiles_of(package.control);
  std::string text;
  for (const ShippedFile& file : package.files) {
    if (file.md5.empty() || std::ranges::find(conffiles, file.path) != conffiles.end()) continue;
    text += fmt::format("{}  {}\n", file.md5, std::string_view(file.path).substr(1));
  }
  return text;
}

/// What a package's triggers file asks to be told of.
struct Interest {
  std::string_view trigger;
  bool no_await = false;
};

std::vector<Interest> interests_of(const RegisteredPackage& package) {
  std::vector<Interest> interests;
  for (std::string_view line : lines_of(package.triggers)) {
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const std::size_t blank = std::min(line.find_first_of(" \t"), line.size());
    const std::string_view directive = line.substr(0, blank);
    const std::string_view trigger = trimmed(line.substr(blank));
    const bool interest = directive == "interest" || directive == "interest-await";
    const bool no_await = directive == "interest-noawait";
    const bool activate =
        directive == "activate" || directive == "activate-await" || directive == "activate-noawait";
    if (trigger.empty() || !(interest || no_await || activate) ||
        trigger.find("..") != std::string_view::npos ||
        (!trigger.starts_with('/') && trigger.find('/') != std::string_view::npos)) {
      throw Error(ErrorKind::invalid, fmt::format("cannot read the triggers of '{}': the line '{}'",
                                                  package.name, printable(line, 200)));
    }
    if (!activate) interests.push_back({trigger, no_await});
  }
  return interests;
}

/// Makes sure that what comes next stands on lines, or in a stanza, of its own.
void end_lines(std::string_view name, std::string& text) {
  if (text.empty()) return;
  if (!text.ends_with('\n')) text += '\n';
  if (name == "status" && !text.ends_with("\n\n")) text += '\n';
}

}  // namespace

std::string list_name(std::string_view member) {
  while (member.starts_with("./")) member.remove_prefix(2);
  while (member.starts_with('/')) member.remove_prefix(1);
  while (member.ends_with('/')) member.remove_suffix(1);
  if (member.empty() || member == ".") return "/.";
  return "/" + std::string(member);
}

bool wants_md5(const ControlArchive& control, std::string_view path) {
  if (control.find("md5sums") == nullptr) return true;
  const std::vector<std::string_view> conffiles = conffiles_of(control);
  return std::ranges::find(conffiles, path) != conffiles.end();
}

std::string status_stanza(const UnpackedPackage& package, PackageStatus status) {
  const Stanza& control = package.control.control;
  std::vector<Field> fields;
  for (const std::string_view name : kFieldOrder) {
    if (name == "Status") {
      const bool installed = status == PackageStatus::installed;
      fields.push_back({"Status", installed ? "install ok installed" : "install ok unpacked"});
    } else if (name == "Conffiles") {
      if (std::string value = conffiles_field(package); !value.empty()) {
        fields.push_back({"Conffiles", std::move(value)});
      }
    } else if (const std::string* value = control.find(name)) {
      // dpkg keeps these two only when they say yes.
      if ((name == "Essential" || name == "Protected") && *value != "yes") continue;
      if (name == "Multi-Arch" && *value == "no") continue;
      if (!value->empty()) fields.push_back({std::string(name), *value});
    }
  }
  for (const Field& field : control.fields()) {
    if (!is_known(field.name) && !field.value.empty()) fields.push_back(field);
  }
  return Stanza(std::move(fields)).str() + "\n";
}

std::string info_name(const ControlArchive& control) {
  const Stanza& stanza = control.control;
  if (stanza.get("Multi-Arch") != "same") return stanza.require("Package");
  return fmt::format("{}:{}", stanza.require("Package"), stanza.require("Architecture"));
}

std::vector<DatabaseFile> info_files(const UnpackedPackage& package) {
  const std::string start = std::string(kInfo) + info_name(package.control) + ".";
  std::string list;
  for (const ShippedFile& file : package.files) list += file.path + "\n";
  std::vector<DatabaseFile> files;
  files.push_back({start + "list", std::move(list), 0644});
  files.push_back({start + "md5sums", md5sums_of(package), 0644});
  for (const ControlMember& member : package.control.members) {
    if (is_kept(member.name)) files.push_back({start + member.name, member.text, member.mode});
  }
  std::ranges::sort(files, {}, &DatabaseFile::path);
  return files;
}

RegisteredPackage registered(const UnpackedPackage& package, PackageStatus status) {
  const ControlMember* triggers = package.control.find("triggers");
  return {.name = info_name(package.control),
          .stanza = status_stanza(package, status),
          .triggers = triggers != nullptr ? triggers->text : std::string()};
}

std::vector<DatabaseFile> dpkg_database(std::span<const RegisteredPackage> packages,
                                        std::span<const std::string> architectures,
                                        DatabaseTexts before) {
  DatabaseTexts texts = std::move(before);
  texts.insert({{"available", ""},
                {"diversions", ""},
                {"info/format", "1\n"},
                {"triggers/File", ""},
                {"triggers/Unincorp", ""},
                {"arch", ""},
                {"status", ""}});
  for (auto& [name, text] : texts) end_lines(name, text);
  const std::vector<std::string_view> known = lines_of(texts["arch"]);
  std::string added;
  for (const std::string& architecture : architectures) {
    if (std::ranges::find(known, architecture) == known.end()) added += architecture + "\n";
  }
  texts["arch"] += added;
  for (const RegisteredPackage& package : packages) {
    texts["status"] += package.stanza;
    for (const Interest& interest : interests_of(package)) {
      const std::string_view suffix = interest.no_await ? "/noawait" : "";
      if (interest.trigger.starts_with('/')) {
        texts["triggers/File"] += fmt::format("{} {}{}\n", interest.trigger, package.name, suffix);
      } else {
        texts[fmt::format("triggers/{}", interest.trigger)] +=
            package.name + std::string(suffix) + "\n";
      }
    }
  }
  std::vector<DatabaseFile> files;
  files.reserve(texts.size());
  for (auto& [path, text] : texts) files.push_back({"var/lib/dpkg/" + path, std::move(text), 0644});
  return files;
}

std::vector<std::string> dpkg_folders() {
  return {"var/lib/dpkg",       "var/lib/dpkg/alternatives", "var/lib/dpkg/info",
          "var/lib/dpkg/parts", "var/lib/dpkg/triggers",     "var/lib/dpkg/updates"};
}

std::vector<std::string> left_unconfigured(const ControlArchive& control) {
  std::vector<std::string> parts;
  for (const std::string_view name : {"preinst", "postinst", "config", "triggers"}) {
    if (control.find(name) != nullptr) parts.emplace_back(name);
  }
  return parts;
}

}  // namespace stamp::debian
