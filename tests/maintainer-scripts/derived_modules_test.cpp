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

// As gtk-query-immodules-2.0 of Debian 12's libgtk2.0-0 writes it where these modules are.
TEST(GtkModules, AreListedWithWhatTheyAnswer) {
  DerivedMachine machine;
  const std::string lib = "/usr/lib/x86_64-linux-gnu";
  const std::string modules = lib + "/gtk-2.0/2.10.0/immodules/";
  const std::string program = lib + "/libgtk2.0-0/gtk-query-immodules-2.0";
  machine.add_package("libgtk2.0-0", "2.24.33-2+deb12u1");
  machine.file(lib + "/libgtk-x11-2.0.so.0", "ELF … x86_64-pc-linux-gnu …");
  machine.file(program, "ELF", 0755);
  machine.file(modules + "im-xim.so", "ELF … xim … X Input Method …");
  machine.file(modules + "im-ipa.so", "ELF … ipa … IPA …");
  const auto update = [&] {
    Process process{machine.complete, {program, "--update-cache"}, {{"HOME", "/home/a"}}};
    return machine.complete.runner.run(process);
  };
  EXPECT_EQ(update(), 0);
  EXPECT_EQ(
      machine.text(lib + "/gtk-2.0/2.10.0/immodules.cache"),
      "# GTK+ Input Method Modules file\n"
      "# Automatically generated file, do not edit\n"
      "# Created by /usr/lib/x86_64-linux-gnu/libgtk2.0-0/gtk-query-immodules-2.0 from "
      "gtk+-2.24.33\n"
      "#\n"
      "# ModulesPath = "
      "/home/a/.gtk-2.0/2.10.0/x86_64-pc-linux-gnu/immodules:/home/a/.gtk-2.0/2.10.0/immodules:"
      "/home/a/.gtk-2.0/x86_64-pc-linux-gnu/immodules:/home/a/.gtk-2.0/immodules:"
      "/usr/lib/x86_64-linux-gnu/gtk-2.0/2.10.0/x86_64-pc-linux-gnu/immodules:"
      "/usr/lib/x86_64-linux-gnu/gtk-2.0/2.10.0/immodules:"
      "/usr/lib/x86_64-linux-gnu/gtk-2.0/x86_64-pc-linux-gnu/immodules:"
      "/usr/lib/x86_64-linux-gnu/gtk-2.0/immodules:"
      "/usr/lib/gtk-2.0/2.10.0/x86_64-pc-linux-gnu/immodules:/usr/lib/gtk-2.0/2.10.0/immodules:"
      "/usr/lib/gtk-2.0/x86_64-pc-linux-gnu/immodules:/usr/lib/gtk-2.0/immodules\n"
      "#\n"
      "\"/usr/lib/x86_64-linux-gnu/gtk-2.0/2.10.0/immodules/im-ipa.so\" \n"
      "\"ipa\" \"IPA\" \"gtk20\" \"/usr/share/locale\" \"\" \n\n"
      "\"/usr/lib/x86_64-linux-gnu/gtk-2.0/2.10.0/immodules/im-xim.so\" \n"
      "\"xim\" \"X Input Method\" \"gtk20\" \"/usr/share/locale\" \"ko:ja:th:zh\" \n\n");
  machine.file(modules + "im-new.so", "");
  EXPECT_THROW(update(), Unknown);
}

// As gtk-query-immodules-3.0 of Debian 12's libgtk-3-0 writes it where these modules are.
TEST(GtkModules, OfGtk3AreListedWithWhatTheyAnswer) {
  DerivedMachine machine;
  const std::string lib = "/usr/lib/x86_64-linux-gnu";
  const std::string modules = lib + "/gtk-3.0/3.0.0/immodules/";
  const std::string program = lib + "/libgtk-3-0/gtk-query-immodules-3.0";
  machine.add_package("libgtk-3-0", "3.24.38-2~deb12u3");
  machine.file(program, "ELF", 0755);
  machine.file(modules + "im-multipress.so", "ELF … multipress … Multipress …");
  machine.file(modules + "im-broadway.so", "ELF … broadway … Broadway …");
  EXPECT_EQ(machine.call({program, "--update-cache"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.text(lib + "/gtk-3.0/3.0.0/immodules.cache"),
            "# GTK+ Input Method Modules file\n"
            "# Automatically generated file, do not edit\n"
            "# Created by /usr/lib/x86_64-linux-gnu/libgtk-3-0/gtk-query-immodules-3.0 from "
            "gtk+-3.24.38\n"
            "#\n"
            "# ModulesPath = /usr/lib/x86_64-linux-gnu/gtk-3.0/3.0.0/linux/immodules:"
            "/usr/lib/x86_64-linux-gnu/gtk-3.0/3.0.0/immodules:"
            "/usr/lib/x86_64-linux-gnu/gtk-3.0/linux/immodules:"
            "/usr/lib/x86_64-linux-gnu/gtk-3.0/immodules\n"
            "#\n"
            "\"/usr/lib/x86_64-linux-gnu/gtk-3.0/3.0.0/immodules/im-broadway.so\" \n"
            "\"broadway\" \"Broadway\" \"gtk30\" \"/usr/share/locale\" \"\" \n\n"
            "\"/usr/lib/x86_64-linux-gnu/gtk-3.0/3.0.0/immodules/im-multipress.so\" \n"
            "\"multipress\" \"Multipress\" \"gtk30\" \"/usr/share/locale\" \"\" \n\n");
  EXPECT_THROW(machine.call({program}), Unknown);
}

// "STARTENCODING ISO8859-11\nALIAS tis620-0\nSTARTMAPPING unicode\nALIAS late\n", by gzip
const std::string kThai(
    "\037\213\010\000\000\000\000\000\002\003\013\016\161\014\012\161\365\163\366\167"
    "\361\364\163\127\360\014\366\267\260\060\265\324\065\064\344\162\364\361\164\014"
    "\126\050\311\054\066\063\062\320\065\340\012\006\251\363\165\014\010\000\051\053"
    "\315\313\114\316\117\111\205\252\311\111\054\111\345\002\000\077\037\153\044\110"
    "\000\000\000",
    83);

// As mkfontscale of Debian 12's xfonts-utils does with the same files.
TEST(FontFolders, ListWhatTheyHold) {
  DerivedMachine machine;
  machine.file("/fonts/fonts.scale", "2\nb.pfb -x-y\na.pfb   -z z\n");
  machine.file("/fonts/a.pfb", "%!PS");
  machine.file("/fonts/encodings.dir", "0\n");
  const std::vector<std::string> words = {"mkfontscale", "-b", "-s", "-l"};
  const auto run = [&](std::vector<std::string> more) {
    more.insert(more.begin(), words.begin(), words.end());
    return machine.call(more);
  };
  EXPECT_EQ(run({"/fonts", "/none"}),
            (ToolResult{0, "", "/none/: opendir: No such file or directory\n"}));
  EXPECT_EQ(machine.text("/fonts/fonts.dir"), "2\na.pfb -z z\nb.pfb -x-y\n");
  EXPECT_EQ(machine.text("/fonts/encodings.dir"), "(none)");
  machine.folder("/enc");
  machine.file("/enc/encodings.dir", "0\n");
  machine.file("/enc/thai.enc.gz", kThai);
  EXPECT_EQ(run({"-e", "/enc", "/fonts"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.text("/fonts/encodings.dir"),
            "2\niso8859-11 /enc/thai.enc.gz\ntis620-0 /enc/thai.enc.gz\n");
  EXPECT_THROW(run({"-e", "/enc", "/fonts", "/enc"}), Unknown);
  machine.file("/fonts/a.pcf.gz", "");
  EXPECT_THROW(run({"/fonts"}), Unknown);
  EXPECT_THROW(machine.call({"mkfontscale", "/fonts"}), Unknown);
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

}  // namespace
}  // namespace stamp::scripts
