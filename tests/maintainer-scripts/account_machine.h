#pragma once
// A machine with the account files of a fresh Debian image.

#include <string>
#include <string_view>

#include <fmt/core.h>

#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {

class AccountMachine : public TestMachine {
 public:
  AccountMachine() : TestMachine({account_tools(), service_tools()}) {
    file("/etc/passwd",
         "root:x:0:0:root:/root:/bin/bash\n"
         "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
         "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n");
    file("/etc/group",
         "root:x:0:\n"
         "daemon:x:1:\n"
         "shadow:x:42:\n"
         "users:x:100:\n"
         "nogroup:x:65534:\n");
    file("/etc/shadow",
         "root:*:19000:0:99999:7:::\n"
         "daemon:*:19000:0:99999:7:::\n"
         "nobody:*:19000:0:99999:7:::\n",
         0640);
    file("/etc/gshadow",
         "root:*::\n"
         "daemon:*::\n"
         "shadow:*::\n"
         "users:*::\n"
         "nogroup:*::\n",
         0640);
    file("/etc/login.defs",
         "# as shipped\nUID_MIN\t\t\t 1000\nUID_MAX\t\t\t60000\nGID_MIN\t\t\t 1000\n"
         "PASS_MAX_DAYS\t99999\nPASS_MIN_DAYS\t0\nPASS_WARN_AGE\t7\n");
    file("/bin/bash", "");
    file("/usr/sbin/nologin", "");
  }

  /// The last line of a file.
  std::string last_line(std::string_view path) {
    std::string content = text(path);
    if (content.ends_with('\n')) content.pop_back();
    return content.substr(content.rfind('\n') + 1);
  }
  /// "0750 105:107" of what is at a path; "(none)".
  std::string permissions(std::string_view path) {
    const Found found = tree.find(path, LastLink::keep);
    return found
               ? fmt::format("{:04o} {}:{}", found.inode->mode, found.inode->uid, found.inode->gid)
               : "(none)";
  }
};

}  // namespace stamp::scripts
