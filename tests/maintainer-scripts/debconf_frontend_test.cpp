// Maintainer scripts that speak to debconf through a confmodule, as packages ship it.

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "maintainer-scripts/dpkg/debconf_tools.h"
#include "maintainer-scripts/shell/interpreter.h"
#include "tests/maintainer-scripts/debian_machine.h"

namespace stamp::scripts {
namespace {

/// A confmodule that does what debconf's own does, in fewer words.
constexpr const char* kConfmodule = R"(#!/bin/sh
if [ ! "${DEBIAN_HAS_FRONTEND:-}" ]; then
  exec /usr/share/debconf/frontend $0 "$@"
fi
if [ -z "${DEBCONF_REDIR:-}" ]; then
  exec 3>&1
  exec 1>&2
  DEBCONF_REDIR=1
  export DEBCONF_REDIR
fi
_db_cmd() {
  printf '%s\n' "$*" >&3
  read -r line
  RET="${line#[! ][ ]}"
  return ${line%%[ ]*}
}
db_get() { _db_cmd "GET $@"; }
db_set() { _db_cmd "SET $@"; }
db_input() { _db_cmd "INPUT $@"; }
db_go() { _db_cmd "GO $@"; }
db_stop() { echo STOP >&3; }
)";

constexpr const char* kTemplates =
    "Template: a/zone\nType: select\nChoices: Etc, Europe\nDefault: Europe\n"
    "Description: Zone\n";

class DebconfFrontend : public ::testing::Test, public DebianMachine {
 protected:
  DebconfFrontend() {
    folder("/usr/share/debconf");
    file("/usr/share/debconf/confmodule", kConfmodule);
    file("/usr/share/debconf/frontend", "#!/usr/bin/perl\n", 0755);
    folder("/tmp");
    environment["DPKG_MAINTSCRIPT_PACKAGE"] = "a";
    environment["DPKG_MAINTSCRIPT_ARCH"] = "amd64";
  }

  /// Runs the postinst as dpkg does.
  ToolResult configure() {
    Package& package = *packages.find("a");
    package.members["postinst"] = postinst;
    package.members["templates"] = kTemplates;
    if (!config.empty()) package.members["config"] = config;
    const auto out = std::make_shared<Buffer>();
    const auto err = std::make_shared<Buffer>();
    Process process{machine, {"/var/lib/dpkg/info/a.postinst", "configure", ""}};
    process.environment = environment;
    process.files = {{0, std::make_shared<Nothing>()}, {1, out}, {2, err}};
    ToolResult result;
    result.status = run_script({"a.postinst", postinst}, process);
    result.out = out->take();
    result.err = err->take();
    return result;
  }

  std::string config;
  std::string postinst;
};

TEST_F(DebconfFrontend, AnswersWithTheDefault) {
  install("a", "1");
  postinst =
      "#!/bin/sh\nset -e\n. /usr/share/debconf/confmodule\ndb_get a/zone\n"
      "echo \"$1 $RET\" > /tmp/zone\necho told\n";
  EXPECT_EQ(configure(), (ToolResult{0, "", "told\n"}));
  EXPECT_EQ(text("/tmp/zone"), "configure Europe\n");
}

TEST_F(DebconfFrontend, RunsTheConfigScriptBefore) {
  install("a", "1");
  config =
      "#!/bin/sh -e\n. /usr/share/debconf/confmodule\ndb_input high a/zone || true\ndb_go\n"
      "db_set a/zone Etc\necho \"$1 $2\" > /tmp/config\n";
  postinst =
      "#!/bin/sh -e\n. /usr/share/debconf/confmodule\ndb_get a/zone\necho $RET > /tmp/zone\n"
      "db_stop\n";
  EXPECT_EQ(configure(), ToolResult());
  EXPECT_EQ(text("/tmp/config"), "configure \n");
  EXPECT_EQ(text("/tmp/zone"), "Etc\n");
}

TEST_F(DebconfFrontend, StopsWhereTheConfigScriptFails) {
  install("a", "1");
  config = "#!/bin/sh\nexit 7\n";
  postinst = "#!/bin/sh\n. /usr/share/debconf/confmodule\ntouch /tmp/zone\n";
  EXPECT_EQ(configure().status, 7);
  EXPECT_FALSE(tree.exists("/tmp/zone"));
}

TEST_F(DebconfFrontend, PassesStatusesOn) {
  install("a", "1");
  postinst =
      "#!/bin/sh\n. /usr/share/debconf/confmodule\ndb_get a/none\necho \"$? $RET\" > /tmp/zone\n"
      "exit 3\n";
  EXPECT_EQ(configure().status, 3);
  EXPECT_EQ(text("/tmp/zone"), "10 10 a/none doesn't exist\n");
}

TEST_F(DebconfFrontend, IsNotSpokenToAfterStop) {
  install("a", "1");
  postinst = "#!/bin/sh\n. /usr/share/debconf/confmodule\ndb_stop\ndb_get a/zone\n";
  EXPECT_THROW(configure(), Error);
}

TEST_F(DebconfFrontend, DoesNotKnowOtherInterpreters) {
  install("a", "1");
  config = "#!/usr/bin/perl\n";
  postinst = "#!/bin/sh\n. /usr/share/debconf/confmodule\n";
  EXPECT_THROW(configure(), Error);
}

TEST_F(DebconfFrontend, EvaluatesDebconfsOwnConfmodule) {
  std::ifstream own("/usr/share/debconf/confmodule");
  if (!own) GTEST_SKIP() << "debconf is missing";
  std::ostringstream text_of_own;
  text_of_own << own.rdbuf();
  tree.write("/usr/share/debconf/confmodule", text_of_own.str());
  install("a", "1");
  postinst =
      "#!/bin/sh\nset -eu\n. /usr/share/debconf/confmodule\ndb_version 2.0\ndb_capb escape\n"
      "db_set a/zone Etc\ndb_capb\ndb_get a/zone\necho \"$RET\" >/tmp/zone\ndb_stop\nexit 0\n";
  EXPECT_EQ(configure(), ToolResult());
  EXPECT_EQ(text("/tmp/zone"), "Etc\n");
}

}  // namespace
}  // namespace stamp::scripts
