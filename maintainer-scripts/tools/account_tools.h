#pragma once
// The tools that keep users and groups, one function each; tools/tool.h has the table.

#include <string_view>

#include "maintainer-scripts/process.h"

namespace stamp::scripts::accounts {

// adduser 3.134
int adduser(Process& process);  ///< addgroup too, by its name
int deluser(Process& process);  ///< delgroup too

// passwd 4.13
int useradd(Process& process);
int usermod(Process& process);
int userdel(Process& process);
int groupadd(Process& process);
int groupmod(Process& process);
int groupdel(Process& process);
int gpasswd(Process& process);
int passwd(Process& process);
int chsh(Process& process);
int chfn(Process& process);
int chage(Process& process);
int pwconv(Process& process);
int pwunconv(Process& process);
int grpconv(Process& process);
int grpunconv(Process& process);
int pwck(Process& process);
int grpck(Process& process);

// libc-bin 2.36, coreutils 9.1, base-passwd 3.6
int getent(Process& process);
int groups(Process& process);
int update_passwd(Process& process);

// systemd 252
int systemd_sysusers(Process& process);
int systemd_tmpfiles(Process& process);

/// Writes "NAME: TEXT" to standard error and returns `status`: how most tools fail.
int fail(Process& process, int status, std::string_view text);

/// Throws Unknown("user 'x' does not exist here") … for what a tool would ask a person.
[[noreturn]] void cannot_ask(std::string_view what);

}  // namespace stamp::scripts::accounts
