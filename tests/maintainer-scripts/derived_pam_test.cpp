// Stacks as pam-auth-update of Debian 12's libpam-runtime 1.5.2 writes them from the same profiles.

#include <gtest/gtest.h>

#include "tests/maintainer-scripts/derived_machine.h"

namespace stamp::scripts {
namespace {

constexpr const char* kUnix =
    "Name: Unix authentication\n"
    "Default: yes\n"
    "Priority: 256\n"
    "Auth-Type: Primary\n"
    "Auth:\n"
    "\t[success=end default=ignore]\tpam_unix.so nullok try_first_pass\n"
    "Auth-Initial:\n"
    "\t[success=end default=ignore]\tpam_unix.so nullok\n"
    "Session-Type: Additional\n"
    "Session:\n"
    "\trequired\tpam_unix.so\n";

constexpr const char* kKerberos =
    "Name: Kerberos authentication\n"
    "Default: yes\n"
    "Priority: 704\n"
    "Conflicts: krb5-openafs\n"
    "Auth-Type: Primary\n"
    "Auth:\n"
    "\t[success=end default=ignore]\tpam_krb5.so minimum_uid=1000 try_first_pass\n"
    "Auth-Initial:\n"
    "\t[success=end default=ignore]\tpam_krb5.so minimum_uid=1000\n"
    "Session-Interactive-Only: yes\n"
    "Session-Type: Additional\n"
    "Session:\n"
    "\toptional\tpam_krb5.so minimum_uid=1000\n";

/// A stock file, shortened: what is around the blocks does not matter.
std::string stack(std::string_view type, std::string_view primary, std::string_view additional) {
  return fmt::format(
      "# {0}\n# here are the per-package modules (the \"Primary\" block)\n{1}"
      "# here's the fallback if no module succeeds\n{0}\trequisite\t\t\tpam_deny.so\n"
      "# and here are more per-package modules (the \"Additional\" block)\n{2}"
      "# end of pam-auth-update config\n",
      type, primary, additional);
}

class PamMachine : public DerivedMachine {
 public:
  PamMachine() {
    for (const std::string type :
         {"auth", "account", "password", "session", "session-noninteractive"}) {
      const std::string column = type.substr(0, type.find('-'));
      file("/usr/share/pam/common-" + type, stack(column, "$primary\n", "$additional\n"));
    }
    file("/usr/share/pam-configs/unix", kUnix);
    folder("/etc/pam.d");
    folder("/var/lib/pam");
  }
};

constexpr const char* kPermit = "\t[default=1]\t\t\tpam_permit.so\n";

TEST(PamAuthUpdate, MakesTheStacksOfAFreshImage) {
  PamMachine machine;
  EXPECT_EQ(machine.call({"pam-auth-update", "--root", "", "--package", "--force"}),
            (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.text("/etc/pam.d/common-auth"),
            stack("auth", "auth\t[success=1 default=ignore]\tpam_unix.so nullok\n", ""));
  EXPECT_EQ(machine.text("/etc/pam.d/common-account"),
            stack("account", std::string("account") + kPermit, ""));
  EXPECT_EQ(
      machine.text("/etc/pam.d/common-session-noninteractive"),
      stack("session", std::string("session") + kPermit, "session\trequired\tpam_unix.so \n"));
  EXPECT_EQ(machine.text("/var/lib/pam/seen"), "unix\n");
  EXPECT_EQ(machine.text("/var/lib/pam/auth"),
            "Module: unix\n[success=end default=ignore]\tpam_unix.so nullok\n");
  EXPECT_EQ(machine.text("/var/lib/pam/session"),
            "Module: null\n[default=1]\t\t\tpam_permit.so\nModule: unix\nrequired\tpam_unix.so\n");
  EXPECT_FALSE(machine.tree.exists("/etc/pam.d/common-auth.pam-old"));
}

TEST(PamAuthUpdate, OverlooksNamesThatFollowNoList) {
  PamMachine machine;
  machine.file("/usr/share/pam-configs/radius",
               "Name: RADIUS\nDefault: no\nPriority: 400\nAuth-Type: Primary\n"
               "Auth:\n\tsufficient\tpam_radius_auth.so\n");
  const std::string unix_alone =
      stack("auth", "auth\t[success=1 default=ignore]\tpam_unix.so nullok\n", "");
  EXPECT_EQ(machine.call({"pam-auth-update", "--force", "radius"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.text("/etc/pam.d/common-auth"), unix_alone);
  EXPECT_EQ(machine.call({"pam-auth-update", "--remove", "--package", "unix"}).status, 0);
  EXPECT_EQ(machine.text("/etc/pam.d/common-auth"), unix_alone);
}

TEST(PamAuthUpdate, AddsAndRemovesProfiles) {
  PamMachine machine;
  machine.call({"pam-auth-update", "--package", "--force"});
  const std::string before = machine.text("/etc/pam.d/common-auth");
  machine.file("/usr/share/pam-configs/krb5", kKerberos);
  EXPECT_EQ(machine.call({"pam-auth-update", "--package"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.text("/etc/pam.d/common-auth"),
            stack("auth",
                  "auth\t[success=2 default=ignore]\tpam_krb5.so minimum_uid=1000\n"
                  "auth\t[success=1 default=ignore]\tpam_unix.so nullok try_first_pass\n",
                  ""));
  EXPECT_EQ(machine.text("/etc/pam.d/common-session"),
            stack("session", std::string("session") + kPermit,
                  "session\toptional\tpam_krb5.so minimum_uid=1000\nsession\trequired\t"
                  "pam_unix.so \n"));
  EXPECT_EQ(
      machine.text("/etc/pam.d/common-session-noninteractive"),
      stack("session", std::string("session") + kPermit, "session\trequired\tpam_unix.so \n"));
  EXPECT_EQ(machine.text("/var/lib/pam/seen"), "krb5\nunix\n");
  machine.call({"pam-auth-update", "--package", "--remove", "krb5"});
  EXPECT_EQ(machine.text("/etc/pam.d/common-auth"), before);
}

TEST(PamAuthUpdate, KeepsOptionsThatWereChanged) {
  PamMachine machine;
  machine.call({"pam-auth-update", "--package", "--force"});
  machine.tree.write("/etc/pam.d/common-auth",
                     stack("auth", "auth\t[success=1 default=ignore]\tpam_unix.so audit\n", ""));
  machine.file("/usr/share/pam-configs/krb5", kKerberos);
  machine.call({"pam-auth-update", "--package"});
  EXPECT_EQ(machine.text("/etc/pam.d/common-auth"),
            stack("auth",
                  "auth\t[success=2 default=ignore]\tpam_krb5.so minimum_uid=1000\n"
                  "auth\t[success=1 default=ignore]\tpam_unix.so try_first_pass audit\n",
                  ""));
}

TEST(PamAuthUpdate, LeavesForeignStacksAlone) {
  PamMachine machine;
  machine.call({"pam-auth-update", "--package", "--force"});
  const std::string changed = stack("auth", "auth\trequired\tpam_own.so\n", "");
  machine.tree.write("/etc/pam.d/common-auth", changed);
  EXPECT_EQ(machine.call({"pam-auth-update", "--package"}).err,
            "\npam-auth-update: Local modifications to /etc/pam.d/common-*, not updating.\n"
            "pam-auth-update: Run pam-auth-update --force to override.\n\n");
  EXPECT_EQ(machine.text("/etc/pam.d/common-auth"), changed);
  EXPECT_THROW(machine.call({"pam-auth-update", "--other"}), Unknown);
  EXPECT_THROW(machine.call({"pam-auth-update", "--root", "/target", "--package"}), Unknown);
}

}  // namespace
}  // namespace stamp::scripts
