// Commands whose effects no image wants: services, kernels, boot loaders, logs, secrets, byte code.
// They answer as they do where no init system runs and a policy-rc.d refuses, as in a chroot that
// an image is made in, and do nothing.

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "maintainer-scripts/tools/tool.h"

namespace stamp::scripts {
namespace {

int nothing(Process&) {
  return 0;
}

/// What looks for something that runs, or is mounted, and finds nothing.
int none_found(Process&) {
  return 1;
}

/// 101: "action forbidden by policy".
int policy_rc_d(Process&) {
  return 101;
}

/// The first word that is no option, from `start` on; "" when there is none.
std::string_view verb_of(const Process& process, std::size_t start = 1) {
  for (std::size_t i = start; i < process.args.size(); ++i) {
    if (!process.args[i].starts_with('-')) return process.args[i];
  }
  return {};
}

bool has_argument(const Process& process, std::string_view argument) {
  return std::find(process.args.begin() + 1, process.args.end(), argument) != process.args.end();
}

template <std::size_t size>
bool is_one_of(std::string_view word, const std::string_view (&words)[size]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

[[noreturn]] void unknown_verb(std::string_view verb) {
  throw Unknown(fmt::format("action '{}' is not known", verb));
}

int invoke_rc_d(Process& process) {
  const bool asks = has_argument(process, "--query") || has_argument(process, "--disclose-deny");
  if (asks) return 101;
  const bool is_quiet = has_argument(process, "--quiet");
  std::string_view action;
  for (std::size_t i = 1, words = 0; i < process.args.size(); ++i) {
    if (process.args[i].starts_with('-')) continue;
    if (words++ == 1) action = process.args[i];
  }
  if (!is_quiet) {
    process.err(fmt::format("invoke-rc.d: policy-rc.d denied execution of {}.\n", action));
  }
  return 0;
}

int service(Process& process) {
  if (process.args.size() == 3 && process.args[2] == "status") return 3;
  return 0;
}

int systemctl(Process& process) {
  constexpr std::string_view kDone[] = {"daemon-reexec",
                                        "daemon-reload",
                                        "disable",
                                        "enable",
                                        "isolate",
                                        "kill",
                                        "link",
                                        "mask",
                                        "preset",
                                        "preset-all",
                                        "reenable",
                                        "reload",
                                        "reload-or-restart",
                                        "reload-or-try-restart",
                                        "reset-failed",
                                        "restart",
                                        "revert",
                                        "set-default",
                                        "start",
                                        "stop",
                                        "try-reload-or-restart",
                                        "try-restart",
                                        "unmask"};
  constexpr std::string_view kInactive[] = {"is-active", "is-failed", "status"};
  const std::string_view verb = verb_of(process);
  if (is_one_of(verb, kDone)) return 0;
  if (is_one_of(verb, kInactive)) {
    if (!has_argument(process, "--quiet") && !has_argument(process, "-q")) {
      process.out("inactive\n");
    }
    return 3;
  }
  if (verb == "is-system-running") {
    process.out("offline\n");
    return 1;
  }
  unknown_verb(verb);
}

/// What it knows of units comes from earlier installations, of which there were none: units are
/// enabled now, and were not installed before.
int deb_systemd_helper(Process& process) {
  constexpr std::string_view kDone[] = {"disable",  "enable", "mask",         "purge",
                                        "reenable", "unmask", "update-state", "was-enabled"};
  const std::string_view verb = verb_of(process);
  if (verb == "debian-installed" || verb == "is-enabled") return 1;
  if (!is_one_of(verb, kDone)) unknown_verb(verb);
  if (verb == "was-enabled" && !has_argument(process, "--quiet")) process.out("enabled\n");
  return 0;
}

int start_stop_daemon(Process& process) {
  return has_argument(process, "--status") || has_argument(process, "-T") ? 3 : 0;
}

int systemd_detect_virt(Process& process) {
  if (has_argument(process, "--chroot") || has_argument(process, "-r")) return 0;
  if (!has_argument(process, "--quiet") && !has_argument(process, "-q")) process.out("none\n");
  return 1;
}

int runlevel(Process& process) {
  process.out("unknown\n");
  return 1;
}

int dbus_send(Process& process) {
  process.err(
      "Failed to open connection to \"system\" message bus: Failed to connect to socket "
      "/run/dbus/system_bus_socket: No such file or directory\n");
  return 1;
}

/// setpriv, runuser and su: another user's work is known only where it is left out anyway.
int as_another_user(Process& process) {
  for (std::size_t i = 1; i < process.args.size(); ++i) {
    const std::string& word = process.args[i];
    if (word.starts_with('-')) continue;
    const std::string_view name = std::string_view(word).substr(word.rfind('/') + 1);
    for (const ToolRow& row : service_tools()) {
      if (row.name == name && row.tool == nothing) return 0;
    }
  }
  throw Unknown("work of another user is not known");
}

constexpr std::string_view kServices = "services are neither started, stopped nor enabled";
constexpr std::string_view kProcesses = "nothing runs and nothing is mounted in an image";
constexpr std::string_view kKernel = "an image has no kernel and boots nothing";
constexpr std::string_view kSecrets =
    "keys and identities are never made: each machine must have its own";
constexpr std::string_view kByteCode = "byte code is not made: Python works without";
constexpr std::string_view kSecurity = "labels and profiles of the kernel are the host's";
constexpr std::string_view kLogs = "nothing is logged";
constexpr std::string_view kMenus = "menus of desktops are not made";
constexpr std::string_view kBus = "no message bus runs";

constexpr ToolRow kRows[] = {
    {"aa-enabled", none_found, kSecurity},
    {"aa-remove-unknown", nothing, kSecurity},
    {"apparmor_parser", nothing, kSecurity},
    {"dbus-send", dbus_send, kBus},
    {"dbus-uuidgen", nothing, kSecrets},
    {"deb-systemd-helper", deb_systemd_helper, kServices},
    {"deb-systemd-invoke", nothing, kServices},
    {"depmod", nothing, kKernel},
    {"grub-install", nothing, kKernel},
    {"initctl", none_found, kServices},
    {"insserv", nothing, kServices},
    {"invoke-rc.d", invoke_rc_d, kServices},
    {"ischroot", nothing, kProcesses},
    {"journalctl", nothing, "nothing is logged; the catalogue of messages is not made"},
    {"logger", nothing, kLogs},
    {"make-ssl-cert", nothing, kSecrets},
    {"mandb", nothing, "the index of man pages is not made: man works without"},
    {"modprobe", nothing, kKernel},
    {"mountpoint", none_found, kProcesses},
    {"nscd", nothing, kServices},
    {"policy-rc.d", policy_rc_d, kServices},
    {"py3clean", nothing, kByteCode},
    {"py3compile", nothing, kByteCode},
    {"pyclean", nothing, kByteCode},
    {"pycompile", nothing, kByteCode},
    {"pypy3clean", nothing, kByteCode},
    {"pypy3compile", nothing, kByteCode},
    {"restorecon", nothing, kSecurity},
    {"runit-helper", nothing, kServices},
    {"runlevel", runlevel, kServices},
    {"runuser", as_another_user, kProcesses},
    {"selinuxenabled", none_found, kSecurity},
    {"semodule", nothing, kSecurity},
    {"service", service, kServices},
    {"setpriv", as_another_user, kProcesses},
    {"ssh-keygen", nothing, kSecrets},
    {"start-stop-daemon", start_stop_daemon, kServices},
    {"su", as_another_user, kProcesses},
    {"sysctl", nothing, kKernel},
    {"systemctl", systemctl, kServices},
    {"systemd-detect-virt", systemd_detect_virt, kProcesses},
    {"systemd-hwdb", nothing, kKernel},
    {"systemd-machine-id-setup", nothing, kSecrets},
    {"systemd-random-seed", nothing, kSecrets},
    {"telinit", nothing, kServices},
    {"udevadm", nothing, kKernel},
    {"update-binfmts", nothing, kKernel},
    {"update-grub", nothing, kKernel},
    {"update-initramfs", nothing, kKernel},
    {"update-menus", nothing, kMenus},
    {"update-rc.d", nothing, kServices},
};

}  // namespace

std::span<const ToolRow> service_tools() {
  return kRows;
}

}  // namespace stamp::scripts
