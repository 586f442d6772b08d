// setcap and getcap; chattr and lsattr.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/tools/files.h"
#include "maintainer-scripts/tools/files_common.h"

namespace stamp::scripts {
namespace {

constexpr const char* kAttribute = "security.capability";
// include/uapi/linux/capability.h: their bits, in order.
constexpr std::string_view kNames[] = {"chown",
                                       "dac_override",
                                       "dac_read_search",
                                       "fowner",
                                       "fsetid",
                                       "kill",
                                       "setgid",
                                       "setuid",
                                       "setpcap",
                                       "linux_immutable",
                                       "net_bind_service",
                                       "net_broadcast",
                                       "net_admin",
                                       "net_raw",
                                       "ipc_lock",
                                       "ipc_owner",
                                       "sys_module",
                                       "sys_rawio",
                                       "sys_chroot",
                                       "sys_ptrace",
                                       "sys_pacct",
                                       "sys_admin",
                                       "sys_boot",
                                       "sys_nice",
                                       "sys_resource",
                                       "sys_time",
                                       "sys_tty_config",
                                       "mknod",
                                       "lease",
                                       "audit_write",
                                       "audit_control",
                                       "setfcap",
                                       "mac_override",
                                       "mac_admin",
                                       "syslog",
                                       "wake_alarm",
                                       "block_suspend",
                                       "audit_read",
                                       "perfmon",
                                       "bpf",
                                       "checkpoint_restore"};
constexpr std::uint64_t kEvery = (std::uint64_t{1} << std::size(kNames)) - 1;

/// The three sets that a file has.
struct Capabilities {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;
};

std::optional<std::uint64_t> bits_of(std::string_view list) {
  std::uint64_t bits = 0;
  if (list.empty() || list == "all") return kEvery;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string name(list.substr(0, end));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    list.remove_prefix(std::min(end + 1, list.size()));
    if (!name.starts_with("cap_")) return std::nullopt;
    const auto* known = std::find(std::begin(kNames), std::end(kNames), name.substr(4));
    if (known == std::end(kNames)) return std::nullopt;
    bits |= std::uint64_t{1} << static_cast<std::size_t>(known - std::begin(kNames));
  }
  return bits;
}

/// Applies a clause ("cap_net_raw,cap_net_admin+ep"); false when it is none.
bool apply_clause(Capabilities& sets, std::string_view clause) {
  constexpr std::string_view kOperations = "=+-";
  const std::size_t start = clause.find_first_of(kOperations);
  if (start == std::string_view::npos) return false;
  const std::optional<std::uint64_t> bits = bits_of(clause.substr(0, start));
  if (!bits) return false;
  char operation = '=';
  for (const char c : clause.substr(start)) {
    if (kOperations.find(c) != std::string_view::npos) {
      operation = c;
      if (c != '=') continue;
      for (std::uint64_t* set : {&sets.effective, &sets.permitted, &sets.inheritable}) {
        *set &= ~*bits;
      }
      continue;
    }
    std::uint64_t* set = c == 'e'   ? &sets.effective
                         : c == 'p' ? &sets.permitted
                         : c == 'i' ? &sets.inheritable
                                    : nullptr;
    if (set == nullptr) return false;
    *set = operation == '-' ? *set & ~*bits : *set | *bits;
  }
  return true;
}

std::optional<Capabilities> parse(std::string_view text) {
  Capabilities sets;
  bool any = false;
  while (!text.empty()) {
    const std::size_t start = std::min(text.find_first_not_of(" \t\n"), text.size());
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find_first_of(" \t\n"), text.size());
    if (end == 0) break;
    if (!apply_clause(sets, text.substr(0, end))) return std::nullopt;
    text.remove_prefix(end);
    any = true;
  }
  return any ? std::optional(sets) : std::nullopt;
}

void append_number(std::string& bytes, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xffU);
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  }
  return value;
}

/// struct vfs_cap_data of revision 2, as the kernel stores it.
std::string encode(const Capabilities& sets) {
  std::string bytes;
  append_number(bytes, 0x02000000U | (sets.effective != 0 ? 1U : 0U));
  for (const unsigned half : {0U, 32U}) {
    append_number(bytes, static_cast<std::uint32_t>(sets.permitted >> half));
    append_number(bytes, static_cast<std::uint32_t>(sets.inheritable >> half));
  }
  return bytes;
}

/// "cap_net_admin,cap_net_raw=ep".
std::string describe_capabilities(std::string_view bytes) {
  if (bytes.size() != 20) throw Unknown("capabilities of another revision are not known");
  const std::uint64_t permitted = number_at(bytes, 4) | std::uint64_t{number_at(bytes, 12)} << 32U;
  const std::uint64_t inheritable = number_at(bytes, 8) | std::uint64_t{number_at(bytes, 16)}
                                                              << 32U;
  if (permitted != 0 && inheritable != 0 && permitted != inheritable) {
    throw Unknown("showing capabilities with different sets is not known");
  }
  const std::uint64_t bits = permitted | inheritable;
  std::string text;
  for (std::size_t i = 0; i < std::size(kNames) && bits != kEvery; ++i) {
    if ((bits >> i & 1U) == 0) continue;
    if (!text.empty()) text += ',';
    text += fmt::format("cap_{}", kNames[i]);
  }
  text += '=';
  if ((number_at(bytes, 0) & 1U) != 0) text += 'e';
  if (inheritable != 0) text += 'i';
  if (permitted != 0) text += 'p';
  return text;
}

int set_failed(Process& process, const std::string& path, std::errc error) {
  process.err(fmt::format("Failed to set capabilities on file '{}': {}\n", path, describe(error)));
  return 1;
}

int unsupported(Process& process, std::string_view doing) {
  int status = 0;
  for (std::size_t i = 1; i < process.args.size(); ++i) {
    const std::string& word = process.args[i];
    if (word.empty() || word.front() == '-' || word.front() == '+' || word.front() == '=') continue;
    const Found found = find(process, word);
    status = 1;
    if (!found) {
      complain(process, fmt::format("{} while trying to stat {}", describe(found.error), word));
    } else {
      complain(process, fmt::format("Operation not supported {} {}", doing, word));
    }
  }
  return status;
}

}  // namespace

int setcap(Process& process) {
  const Options options = parse_options(process, "+qr");
  std::vector<std::string> words = options.operands;
  // "-r file" may follow a pair, but scripts change one file at a time.
  if (options.has("r")) words.insert(words.begin(), "-r");
  if (words.empty() || words.size() % 2 != 0) {
    process.err(
        "usage: setcap [-h] [-q] [-v] [-n <rootid>] (-r|-|<caps>) <filename> [ ... "
        "(-r|-|<capsN>) <filenameN> ]\n");
    return 1;
  }
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::string& path = words[i + 1];
    if (words[i] == "-") throw Unknown("capabilities from standard input are not known");
    const Found found = find(process, path);
    if (!found) return set_failed(process, path, found.error);
    if (!found.inode->is_file()) {
      process.err(fmt::format("Invalid file '{}' for capability operation\n", path));
      return 1;
    }
    std::string value;
    if (words[i] != "-r") {
      const std::optional<Capabilities> sets = parse(words[i]);
      if (!sets) {
        process.err("fatal error: Invalid argument\n");
        return 1;
      }
      const std::uint64_t usable = sets->permitted | sets->inheritable;
      // One bit stands for the effective set: it is all of the others or nothing.
      if (sets->effective != 0 && sets->effective != usable) {
        return set_failed(process, path, std::errc::invalid_argument);
      }
      value = encode(*sets);
    } else if (found.inode->xattrs.count(kAttribute) == 0) {
      return set_failed(process, path, std::errc::no_message_available);
    }
    (void)process.machine.tree.set_xattr(process.absolute(path), kAttribute, std::move(value));
  }
  return 0;
}

int getcap(Process& process) {
  const Options options = parse_options(process, "v");
  for (const std::string& path : options.operands) {
    const Found found = find(process, path, LastLink::keep);
    if (!found) {
      process.err(fmt::format("{} ({})\n", path, describe(found.error)));
      return 1;
    }
    const auto value = found.inode->xattrs.find(kAttribute);
    if (value != found.inode->xattrs.end()) {
      process.out(fmt::format("{} {}\n", path, describe_capabilities(value->second)));
    } else if (options.has("v")) {
      process.out(path + "\n");
    }
  }
  return 0;
}

int chattr(Process& process) {
  return unsupported(process, "while reading flags on");
}

int lsattr(Process& process) {
  return unsupported(process, "While reading flags on");
}

}  // namespace stamp::scripts
