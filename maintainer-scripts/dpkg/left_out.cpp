#include "maintainer-scripts/dpkg/left_out.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/error.h"
#include "base/glob.h"

namespace stamp::scripts {
namespace {

using What = LeftOutClass::What;

constexpr std::array<LeftOutClass, 12> kClasses = {{
    {"run time", "run/** tmp/** var/tmp/** dev/** proc/** sys/**",
     "made anew whenever a container starts; folders are kept", What::no_folders},
    {"caches", "var/cache/** usr/lib/fontconfig/cache/**",
     "made again by whoever uses them; folders are kept", What::no_folders},
    {"logs", "var/log/**",
     "of a run that never was; empty ones are kept, since programs expect them", What::filled},
    {"machine identity",
     "etc/machine-id var/lib/dbus/machine-id etc/hostid etc/hostname etc/resolv.conf",
     "belongs to one machine; whoever starts the container gives it"},
    {"random seeds", "var/lib/systemd/random-seed var/lib/urandom/random-seed",
     "a secret: the same in every copy of an image"},
    {"host keys",
     "etc/ssh/ssh_host_* etc/ssl/private/ssl-cert-snakeoil.key etc/ssl/certs/ssl-cert-snakeoil.pem",
     "a secret: the same in every copy of an image"},
    {"service registration",
     "etc/systemd/system/*.wants/** etc/systemd/system/*.requires/** etc/systemd/user/*.wants/** "
     "var/lib/systemd/deb-systemd-helper-*/** var/lib/systemd/deb-systemd-user-helper-*/** "
     "etc/rc0.d/** etc/rc1.d/** etc/rc2.d/** etc/rc3.d/** etc/rc4.d/** etc/rc5.d/** etc/rc6.d/** "
     "etc/rcS.d/** var/lib/systemd/timers/**",
     "no init system runs in a container"},
    {"python byte code", "**/__pycache__/** **/*.pyc **/*.pyo",
     "programs run without; Python makes it again"},
    {"backup copies",
     "etc/passwd- etc/group- etc/shadow- etc/gshadow- etc/subuid- etc/subgid- var/backups/** "
     "var/lib/dpkg/*-old var/lib/dpkg/**/*-old var/lib/sgml-base/supercatalog.old "
     "var/lib/ucf/hashfile.* var/lib/ucf/registry.*",
     "of files as they were before", What::no_folders},
    {"locks",
     "etc/.pwd.lock var/lib/dpkg/lock var/lib/dpkg/lock-frontend var/lib/dpkg/triggers/Lock "
     "var/lib/ucf/*.lock",
     "of programs that do not run now"},
    {"package state", "var/lib/dpkg/tmp.ci/** var/lib/dpkg/updates/** var/lib/apt/**",
     "dpkg's database is written by stamp; apt fetches its lists itself", What::no_folders},
    {"hardware databases", "etc/udev/hwdb.bin usr/lib/udev/hwdb.bin lib/modules/**",
     "of the machine that the container runs on"},
}};

/// The classes' patterns, parsed.
class Matcher {
 public:
  Matcher() {
    for (const LeftOutClass& each : kClasses) {
      std::string_view rest = each.patterns;
      while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        patterns_.push_back({&each, Glob::parse(rest.substr(0, end))});
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
  }

  const LeftOutClass* find(const layer::Entry& entry) const {
    for (const Pattern& pattern : patterns_) {
      const What what = pattern.of->what;
      if (what == What::no_folders && entry.type == layer::EntryType::directory) continue;
      if (what == What::filled && (entry.type != layer::EntryType::file || entry.size == 0)) {
        continue;
      }
      if (pattern.glob.matches(entry.path.str())) return pattern.of;
    }
    return nullptr;
  }

 private:
  struct Pattern {
    const LeftOutClass* of;
    Glob glob;
  };
  std::vector<Pattern> patterns_;
};

void refuse_private_key(const MadeEntry& made) {
  if (!made.text || made.text->find("PRIVATE KEY-----") == std::string::npos) return;
  const std::size_t begin = made.text->find("-----BEGIN ");
  if (begin == std::string::npos) return;
  throw Error(ErrorKind::invalid,
              fmt::format("cannot take '{}' into the image: a maintainer script made a private key",
                          printable(made.entry.path.absolute(), 300)),
              {.hint = "leave the package out, or exclude what makes the key: each image would "
                       "carry the same one"});
}

}  // namespace

std::span<const LeftOutClass> left_out_classes() {
  return kClasses;
}

std::vector<LeftOut> take_left_out(Changes& changes) {
  const Matcher matcher;
  std::vector<LeftOut> out;
  // A hard link to what is left out is left out too: it is of the same class in practice.
  std::erase_if(changes.made, [&](const MadeEntry& made) {
    const LeftOutClass* found = matcher.find(made.entry);
    if (found != nullptr) out.push_back({made.entry.path.absolute(), found->name});
    return found != nullptr;
  });
  for (const MadeEntry& made : changes.made) refuse_private_key(made);
  return out;
}

}  // namespace stamp::scripts
