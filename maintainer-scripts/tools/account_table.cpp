#include "maintainer-scripts/tools/account_tools.h"
#include "maintainer-scripts/tools/tool.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kCopies =
    "copies of the account files (/etc/passwd-, …) and their locks are not made";

constexpr ToolRow kRows[] = {
    {"addgroup", accounts::adduser, kCopies},
    {"adduser", accounts::adduser, kCopies},
    {"chage", accounts::chage, kCopies},
    {"chfn", accounts::chfn, kCopies},
    {"chsh", accounts::chsh, kCopies},
    {"delgroup", accounts::deluser, kCopies},
    {"deluser", accounts::deluser, kCopies},
    {"getent", accounts::getent},
    {"gpasswd", accounts::gpasswd, kCopies},
    {"groupadd", accounts::groupadd, kCopies},
    {"groupdel", accounts::groupdel, kCopies},
    {"groupmod", accounts::groupmod, kCopies},
    {"groups", accounts::groups},
    {"grpck", accounts::grpck},
    {"grpconv", accounts::grpconv, kCopies},
    {"grpunconv", accounts::grpunconv, kCopies},
    {"passwd", accounts::passwd, kCopies},
    {"pwck", accounts::pwck},
    {"pwconv", accounts::pwconv, kCopies},
    {"pwunconv", accounts::pwunconv, kCopies},
    {"systemd-sysusers", accounts::systemd_sysusers, kCopies},
    {"systemd-tmpfiles", accounts::systemd_tmpfiles,
     "what lies below /run, /tmp, /dev, /proc and /sys is not made"},
    {"update-passwd", accounts::update_passwd, kCopies},
    {"useradd", accounts::useradd, kCopies},
    {"userdel", accounts::userdel, kCopies},
    {"usermod", accounts::usermod, kCopies},
};

}  // namespace

std::span<const ToolRow> account_tools() {
  return kRows;
}

}  // namespace stamp::scripts
