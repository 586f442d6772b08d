#include "maintainer-scripts/dpkg/order.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace stamp::scripts {
namespace {

/// Versions of one digit.
int compare(std::string_view a, std::string_view b) {
  return a.compare(b);
}

struct Made {
  std::string name;
  std::string fields;  ///< "Depends: a, b\n"
  std::string postinst = "#!/bin/sh\n";
};

Package package_of(const Made& made) {
  Package package;
  package.name = made.name;
  package.version = "2";
  package.architecture = "amd64";
  if (!made.postinst.empty()) package.members["postinst"] = made.postinst;
  std::string_view rest = made.fields;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    const std::size_t colon = line.find(": ");
    package.fields.emplace(line.substr(0, colon), line.substr(colon + 2));
  }
  package.essential = package.fields.count("Essential") != 0;
  package.new_here = package.fields.count("Below") == 0;
  return package;
}

/// "x a, u a, c a, t": extract, unpack, configure, triggers.
std::string steps(const std::vector<Made>& packages) {
  PackageDatabase database("amd64", compare);
  for (const Made& made : packages) database.add(package_of(made));
  const InstallOrder order(database);
  std::string text;
  for (const OrderStep& step : order.steps()) {
    const std::string& name = database.all()[step.package].name;
    if (!text.empty()) text += ", ";
    switch (step.kind) {
      case OrderStep::Kind::extract:
        text += "x " + name;
        break;
      case OrderStep::Kind::unpack:
        text += "u " + name;
        break;
      case OrderStep::Kind::configure:
        text += "c " + name;
        break;
      case OrderStep::Kind::triggers:
        text += "t";
        break;
    }
  }
  return text;
}

TEST(InstallOrder, AllAreUnpackedThenConfiguredAfterWhatTheyDependOn) {
  EXPECT_EQ(steps({{"a", "Depends: c (>= 1), z\n"}, {"b", ""}, {"c", "Depends: b\n"}, {"z", ""}}),
            "u b, u c, u z, u a, c b, c c, c z, c a, t");
}

TEST(InstallOrder, WhatIsPreDependedOnIsConfiguredBeforeUnpacking) {
  EXPECT_EQ(steps({{"a", "Pre-Depends: c\n"}, {"b", ""}, {"c", "Depends: b\n"}}),
            "u b, u c, c b, c c, u a, c a, t");
}

TEST(InstallOrder, EssentialPackagesAndWhatTheyNeedComeFirst) {
  EXPECT_EQ(steps({{"a", ""},
                   {"base-files", "Essential: yes\n"},
                   {"base-passwd", "Essential: yes\nDepends: lib\n"},
                   {"lib", ""}}),
            "x base-passwd, x lib, x base-files, u base-passwd, u lib, u base-files, "
            "c lib, c base-passwd, c base-files, t, u a, c a, t");
}

TEST(InstallOrder, CircleIsBrokenAtAPackageWithoutPostinst) {
  EXPECT_EQ(steps({{"a", "Depends: b\n"}, {"b", "Depends: a\n", ""}}), "u b, u a, c b, c a, t");
  EXPECT_EQ(steps({{"a", "Depends: b\n", ""}, {"b", "Depends: a\n"}}), "u b, u a, c a, c b, t");
  // With postinst everywhere the first dependency of the circle is given up.
  EXPECT_EQ(steps({{"a", "Depends: b\n"}, {"b", "Depends: a\n"}}), "u b, u a, c a, c b, t");
}

TEST(InstallOrder, AlternativesAndProvidersAreTakenAsTheyAreThere) {
  EXPECT_EQ(steps({{"a", "Depends: none | z (>= 3) | virtual\n"},
                   {"y", "Provides: other, virtual (= 1)\n"},
                   {"z", ""}}),
            "u y, u a, u z, c y, c a, c z, t");
  EXPECT_EQ(steps({{"a", "Depends: virtual (>= 2)\n"}, {"y", "Provides: virtual (= 1)\n"}}),
            "u a, u y, c a, c y, t");
}

TEST(InstallOrder, PackagesOfLayersBelowAreDone) {
  EXPECT_EQ(steps({{"a", "Pre-Depends: b\n"}, {"b", "Below: yes\nDepends: c\n"}}), "u a, c a, t");
  EXPECT_EQ(steps({{"b", "Below: yes\n"}}), "");
}

TEST(InstallOrder, RelationThatCannotBeReadIsRefused) {
  try {
    steps({{"a", "Depends: b (>= )\n"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.headline(), "cannot read the relation 'b (>= )'");
  }
}

}  // namespace
}  // namespace stamp::scripts
