#include "maintainer-scripts/dpkg/triggers.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace stamp::scripts {
namespace {

/// "0: a b; 1: c".
std::string pending(Triggers& triggers) {
  std::string text;
  for (const Triggers::Pending& each : triggers.take_pending()) {
    text += (text.empty() ? "" : "; ") + std::to_string(each.package) + ":";
    for (const std::string& name : each.names) text += " " + name;
  }
  return text;
}

TEST(Triggers, PackageIsToldOfNamesAndPathsOnceItListens) {
  Triggers triggers;
  triggers.add(0, "# comment\ninterest-noawait /usr/share/man\n interest ldconfig # why\n");
  triggers.activate("ldconfig");
  EXPECT_FALSE(triggers.has_pending());
  triggers.listen(0);
  triggers.activate("/usr/share/man/man1/ls.1.gz");
  triggers.activate("/usr/share/manual");
  triggers.activate("ldconfig");
  triggers.activate("ldconfig");
  EXPECT_TRUE(triggers.has_pending());
  EXPECT_EQ(pending(triggers), "0: /usr/share/man ldconfig");
  EXPECT_FALSE(triggers.has_pending());
}

TEST(Triggers, PackagesAreToldInTheOrderInWhichTheyWereWoken) {
  Triggers triggers;
  triggers.add(0, "interest a\n");
  triggers.add(1, "interest-await b\ninterest a\n");
  triggers.listen(0);
  triggers.listen(1);
  triggers.activate("b");
  triggers.activate("a");
  EXPECT_EQ(pending(triggers), "1: b a; 0: a");
}

TEST(Triggers, OwnActivationsAreListed) {
  Triggers triggers;
  triggers.add(3, "activate-noawait ldconfig\nactivate x\n");
  EXPECT_EQ(triggers.activated_by(3), (std::vector<std::string>{"ldconfig", "x"}));
  EXPECT_TRUE(triggers.activated_by(0).empty());
}

TEST(Triggers, UnknownDirectiveIsRefused) {
  Triggers triggers;
  try {
    triggers.add(0, "interested x\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.headline(), "cannot read the triggers of a package: the line 'interested x'");
  }
}

}  // namespace
}  // namespace stamp::scripts
