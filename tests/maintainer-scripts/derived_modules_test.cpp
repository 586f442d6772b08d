#include <gtest/gtest.h>

#include "tests/maintainer-scripts/derived_machine.h"

namespace stamp::scripts {
namespace {

constexpr const char* kXpm =
    "/usr/lib/x86_64-linux-gnu/gdk-pixbuf-2.0/2.10.0/loaders/"
    "libpixbufloader-xpm.so";

// As gdk-pixbuf-query-loaders of Debian 12's libgdk-pixbuf-2.0-0 prints it for this module.
TEST(PixbufLoaders, AreDescribedAsTheyDescribeThemselves) {
  DerivedMachine machine;
  machine.add_package("libgdk-pixbuf-2.0-0", "2.42.10+dfsg-1+deb12u4");
  machine.file(kXpm, "ELF … XPM\n LGPL xpm image/x-xpixmap …");
  EXPECT_EQ(machine.call({"gdk-pixbuf-query-loaders", kXpm}),
            (ToolResult{0,
                        "# GdkPixbuf Image Loader Modules file\n"
                        "# Automatically generated file, do not edit\n"
                        "# Created by gdk-pixbuf-query-loaders from gdk-pixbuf-2.42.10\n"
                        "#\n"
                        "\"/usr/lib/x86_64-linux-gnu/gdk-pixbuf-2.0/2.10.0/loaders/"
                        "libpixbufloader-xpm.so\"\n"
                        "\"xpm\" 4 \"gdk-pixbuf\" \"XPM\" \"LGPL\"\n"
                        "\"image/x-xpixmap\" \"\"\n"
                        "\"xpm\" \"\"\n"
                        "\"/* XPM */\" \"\" 100\n"
                        "\n"
                        "\n",
                        ""}));
}

TEST(PixbufLoaders, AreNotGuessed) {
  DerivedMachine machine;
  machine.file(kXpm, "another module");
  machine.file("/loaders/libpixbufloader-new.so", "");
  EXPECT_THROW(machine.call({"gdk-pixbuf-query-loaders", kXpm}), Unknown);  // no version
  machine.add_package("libgdk-pixbuf-2.0-0", "2.42.10+dfsg-1+deb12u4");
  EXPECT_THROW(machine.call({"gdk-pixbuf-query-loaders", kXpm}), Unknown);
  EXPECT_THROW(machine.call({"gdk-pixbuf-query-loaders", "/loaders/libpixbufloader-new.so"}),
               Unknown);
  EXPECT_THROW(machine.call({"gdk-pixbuf-query-loaders"}), Unknown);
}

TEST(GioModules, AreListedWithTheirExtensionPoints) {
  DerivedMachine machine;
  machine.folder("/modules");
  EXPECT_EQ(machine.call({"gio-querymodules", "/modules"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.text("/modules/giomodule.cache"), "(none)");
  machine.file("/modules/libgiognutls.so", "… gio-tls-backend …");
  machine.file("/modules/libdconfsettings.so", "… gsettings-backend …");
  machine.file("/modules/README", "");
  EXPECT_EQ(machine.call({"gio-querymodules", "/modules"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.text("/modules/giomodule.cache"),
            "libdconfsettings.so: gsettings-backend\nlibgiognutls.so: gio-tls-backend\n");
  machine.file("/modules/libnew.so", "");
  EXPECT_THROW(machine.call({"gio-querymodules", "/modules"}), Unknown);
  EXPECT_EQ(machine.call({"gio-querymodules", "/none"}).err,
            "Unable to open directory /none: No such file or directory\n");
}

// As glib-compile-schemas of GLib 2.74 says it.
TEST(GlibSchemas, AreNothingToDoWhereThereAreNone) {
  DerivedMachine machine;
  machine.folder("/schemas");
  EXPECT_EQ(machine.call({"glib-compile-schemas", "/schemas"}),
            (ToolResult{0, "", "No schema files found: doing nothing.\n"}));
  machine.file("/schemas/gschemas.compiled", "old");
  EXPECT_EQ(machine.call({"glib-compile-schemas", "/schemas"}),
            (ToolResult{0, "", "No schema files found: removed existing output file.\n"}));
  EXPECT_FALSE(machine.tree.exists("/schemas/gschemas.compiled"));
  EXPECT_EQ(machine.call({"glib-compile-schemas", "none"}),
            (ToolResult{1, "", "Error opening directory “none”: No such file or directory\n"}));
  machine.file("/schemas/org.example.gschema.xml", "<schemalist/>");
  EXPECT_THROW(machine.call({"glib-compile-schemas", "/schemas"}), Unknown);
}

}  // namespace
}  // namespace stamp::scripts
