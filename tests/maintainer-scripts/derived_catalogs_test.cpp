// Catalogs as update-catalog of sgml-base 1.31 and update-xmlcatalog of xml-core 0.18 write them.

#include <gtest/gtest.h>

#include "tests/maintainer-scripts/derived_machine.h"

namespace stamp::scripts {
namespace {

TEST(SgmlCatalogs, AreListedWhereTheyAreComplete) {
  DerivedMachine machine;
  machine.folder("/var/lib/sgml-base");
  machine.file("/etc/sgml/a.cat", "-- note -- CATALOG \"/usr/share/sgml/a\"\n");
  machine.file("/etc/sgml/b.cat", "CATALOG none\n");
  machine.file("/etc/sgml/c.txt", "");
  machine.file("/usr/share/sgml/a", "");
  EXPECT_EQ(machine.call({"update-catalog", "--update-super"}),
            (ToolResult{0,
                        "Updating the super catalog...\n"
                        "Warning ignoring catalog `/etc/sgml/b.cat' which references non-existent "
                        "catalogs. See man update-catalog for details.\n",
                        ""}));
  EXPECT_EQ(machine.text("/var/lib/sgml-base/supercatalog"),
            "--\n## This file is created by update-catalog with update-super.\n"
            "## Please see update-catalog(8) for how to modify this file.\n--\n"
            "CATALOG /etc/sgml/a.cat\n");
}

TEST(SgmlCatalogs, GainAndLoseEntries) {
  DerivedMachine machine;
  machine.file("/usr/share/sgml-base/catalog.centralized", "## of CATALOG\n");
  machine.folder("/etc/sgml");
  machine.call({"update-catalog", "--quiet", "--add", "/etc/sgml/x.cat", "/usr/y"});
  machine.call({"update-catalog", "--quiet", "--add", "/etc/sgml/x.cat", "/usr/z"});
  EXPECT_EQ(machine.text("/etc/sgml/x.cat"),
            "## of /etc/sgml/x.cat\nCATALOG /usr/y\nCATALOG /usr/z\n");
  EXPECT_EQ(machine.text("/etc/sgml/x.cat.old"), "## of /etc/sgml/x.cat\nCATALOG /usr/y\n");
  EXPECT_EQ(machine.call({"update-catalog", "--remove", "/etc/sgml/x.cat", "/usr/y"}).out,
            "Removing entry /usr/y from catalog /etc/sgml/x.cat...\n");
  EXPECT_EQ(machine.text("/etc/sgml/x.cat"), "## of /etc/sgml/x.cat\nCATALOG /usr/z\n");
  EXPECT_EQ(machine.call({"update-catalog", "--add", "--remove", "x", "y"}).status, 1);
}

class XmlMachine : public DerivedMachine {
 public:
  XmlMachine() {
    file("/usr/share/xml-core/catalog.header", "<catalog>\n");
    file("/usr/share/xml-core/catalog.footer", "</catalog>\n");
    file("/usr/share/xml/x/catalog.xml", "");
    folder("/etc/xml");
    folder("/var/lib/xml-core");
  }
  ToolResult add(std::vector<std::string> more) {
    std::vector<std::string> args = {"update-xmlcatalog", "--sort", "--add"};
    args.insert(args.end(), more.begin(), more.end());
    return call(args);
  }
};

TEST(XmlCatalogs, DelegateToPackagesAndTheirFiles) {
  XmlMachine machine;
  EXPECT_EQ(machine.add({"--root", "--type", "public", "--id", "-//X", "--package", "x"}).err,
            "update-xmlcatalog: error: package catalog /etc/xml/x.xml not found\n");
  EXPECT_EQ(machine.add({"--type", "public", "--id", "-//X", "--package", "x", "--local",
                         "/usr/share/xml/x/catalog.xml"}),
            (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.add({"--root", "--type", "public", "--id", "-//X", "--package", "x"}),
            (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.add({"--root", "--type", "uri", "--id", "urn:x", "--package", "x"}),
            (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.text("/etc/xml/x.xml"),
            "<catalog>\n<delegatePublic publicIdStartString=\"-//X\" "
            "catalog=\"file:///usr/share/xml/x/catalog.xml\"/>\n</catalog>\n");
  EXPECT_EQ(machine.text("/etc/xml/catalog"),
            "<catalog>\n"
            "<delegatePublic publicIdStartString=\"-//X\" catalog=\"file:///etc/xml/x.xml\"/>\n"
            "<delegateURI uriStartString=\"urn:x\" catalog=\"file:///etc/xml/x.xml\"/>\n"
            "</catalog>\n");
  EXPECT_EQ(machine.text("/var/lib/xml-core/x"),
            "<delegatePublic publicIdStartString=\"-//X\"><catalog=\"file:///usr/share/xml/x/"
            "catalog.xml\">\n");
  EXPECT_TRUE(machine.tree.exists("/etc/xml/catalog.old"));
}

TEST(XmlCatalogs, GoWithTheirLastEntry) {
  XmlMachine machine;
  machine.add({"--type", "system", "--id", "x", "--package", "x", "--local",
               "/usr/share/xml/x/catalog.xml"});
  const std::vector<std::string> remove = {
      "update-xmlcatalog", "--del", "--type", "system", "--id", "x", "--package", "x"};
  EXPECT_EQ(machine.call(remove), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.text("/etc/xml/x.xml"), "(none)");
  EXPECT_EQ(machine.text("/var/lib/xml-core/x"), "(none)");
  EXPECT_EQ(machine.call(remove).status, 1);
}

}  // namespace
}  // namespace stamp::scripts
