// gdk-pixbuf-query-loaders of gdk-pixbuf 2.42 and gio-querymodules of GLib 2.74. The real ones load
// each module and ask it; here the answers of Debian 12's modules are known, and each is taken only
// while the module's file still holds the texts of its answer.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/accounts/records.h"
#include "maintainer-scripts/dpkg/package_database.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/derived_tools.h"

namespace stamp::scripts::derived {
namespace {

/// What a module answers.
struct Answer {
  std::string_view module;
  std::string_view text;
};

/// As the real one prints them: name and description, media types, suffixes, then how files start.
constexpr Answer kLoaders[] = {
    {"libpixbufloader-ani.so", R"("ani" 4 "gdk-pixbuf" "Windows animated cursor" "LGPL"
"application/x-navi-animation" ""
"ani" ""
"RIFF    ACON" "    xxxx    " 100
)"},
    {"libpixbufloader-bmp.so", R"("bmp" 5 "gdk-pixbuf" "BMP" "LGPL"
"image/bmp" "image/x-bmp" "image/x-MS-bmp" ""
"bmp" ""
"BM" "" 100
)"},
    {"libpixbufloader-gif.so", R"("gif" 4 "gdk-pixbuf" "GIF" "LGPL"
"image/gif" ""
"gif" ""
"GIF8" "" 100
)"},
    {"libpixbufloader-icns.so", R"("icns" 4 "gdk-pixbuf" "MacOS X icon" "GPL"
"image/x-icns" ""
"icns" ""
"icns" "" 100
)"},
    {"libpixbufloader-ico.so", R"("ico" 5 "gdk-pixbuf" "Windows icon" "LGPL"
"image/x-icon" "image/x-ico" "image/x-win-bitmap" "image/vnd.microsoft.icon" )"
                               R"("application/ico" "image/ico" "image/icon" "text/ico" ""
"ico" "cur" ""
"  \001   " "zz znz" 100
"  \002   " "zz znz" 100
)"},
    {"libpixbufloader-pnm.so", R"("pnm" 4 "gdk-pixbuf" "PNM/PBM/PGM/PPM" "LGPL"
"image/x-portable-anymap" "image/x-portable-bitmap" "image/x-portable-graymap" )"
                               R"("image/x-portable-pixmap" ""
"pnm" "pbm" "pgm" "ppm" ""
"P1" "" 100
"P2" "" 100
"P3" "" 100
"P4" "" 100
"P5" "" 100
"P6" "" 100
)"},
    {"libpixbufloader-qtif.so", R"("qtif" 4 "gdk-pixbuf" "QuickTime" "LGPL"
"image/x-quicktime" "image/qtif" ""
"qtif" "qif" ""
"abcdidsc" "xxxx    " 100
"abcdidat" "xxxx    " 100
)"},
    {"libpixbufloader-svg.so", R"("svg" 6 "gdk-pixbuf" "Scalable Vector Graphics" "LGPL"
"image/svg+xml" "image/svg" "image/svg-xml" "image/vnd.adobe.svg+xml" "text/xml-svg" )"
                               R"("image/svg+xml-compressed" ""
"svg" "svgz" "svg.gz" ""
" <svg" "*    " 100
" <!DOCTYPE svg" "*             " 100
)"},
    {"libpixbufloader-tga.so", R"("tga" 4 "gdk-pixbuf" "Targa" "LGPL"
"image/x-tga" ""
"tga" "targa" ""
" \001\001" "x  " 100
" \001\t" "x  " 100
"  \002" "xz " 99
"  \003" "xz " 100
"  \n" "xz " 100
"  \v" "xz " 100
)"},
    {"libpixbufloader-tiff.so", R"("tiff" 5 "gdk-pixbuf" "TIFF" "LGPL"
"image/tiff" ""
"tiff" "tif" ""
"MM *" "  z " 100
"II* " "   z" 100
"II* \020   CR\002 " "   z zzz   z" 0
)"},
    {"libpixbufloader-xbm.so", R"("xbm" 4 "gdk-pixbuf" "XBM" "LGPL"
"image/x-xbitmap" ""
"xbm" ""
"#define " "" 100
"/*" "" 50
)"},
    {"libpixbufloader-xpm.so", R"("xpm" 4 "gdk-pixbuf" "XPM" "LGPL"
"image/x-xpixmap" ""
"xpm" ""
"/* XPM */" "" 100
)"},
};

/// The extension points that GIO's modules implement.
constexpr Answer kGioModules[] = {
    {"libdconfsettings.so", "gsettings-backend"}, {"libgiognomeproxy.so", "gio-proxy-resolver"},
    {"libgiognutls.so", "gio-tls-backend"},       {"libgiolibproxy.so", "gio-proxy-resolver"},
    {"libgioopenssl.so", "gio-tls-backend"},
};

template <std::size_t size>
std::string_view answer_of(std::string_view module, const Answer (&answers)[size]) {
  const auto known = std::find_if(std::begin(answers), std::end(answers),
                                  [&](const Answer& answer) { return answer.module == module; });
  if (known == std::end(answers)) {
    throw Unknown(fmt::format("what module '{}' answers is not known", module));
  }
  return known->text;
}

/// The texts in quotes of the first three lines of an answer, but for the domain of translations,
/// which the program fills in.
std::vector<std::string_view> quoted_texts(std::string_view answer) {
  std::vector<std::string_view> texts;
  for (int line = 0; line < 3; ++line) {
    std::string_view rest = answer.substr(0, answer.find('\n'));
    answer.remove_prefix(rest.size() + 1);
    for (std::size_t open = rest.find('"'); open != std::string_view::npos; open = rest.find('"')) {
      rest.remove_prefix(open + 1);
      const std::size_t close = rest.find('"');
      if (close != 0 && rest.substr(0, close) != "gdk-pixbuf") {
        texts.push_back(rest.substr(0, close));
      }
      rest.remove_prefix(close + 1);
    }
  }
  return texts;
}

void check(std::string_view module, const std::string& content,
           const std::vector<std::string_view>& texts) {
  for (const std::string_view text : texts) {
    if (content.find(text) == std::string::npos) {
      throw Unknown(fmt::format("module '{}' is another than that of Debian 12", module));
    }
  }
}

/// The upstream version of the package that has the program.
std::string version_of(const Machine& machine) {
  const Package* package = std::as_const(machine.packages).find("libgdk-pixbuf-2.0-0");
  if (package == nullptr) throw Unknown("the version of gdk-pixbuf is not known");
  return package->version.substr(0, package->version.find_first_of("+-"));
}

}  // namespace

int gdk_pixbuf_query_loaders(Process& process) {
  const Tree& tree = process.machine.tree;
  if (process.args.size() < 2) throw Unknown("the folder of modules is not known");
  process.out(
      fmt::format("# GdkPixbuf Image Loader Modules file\n"
                  "# Automatically generated file, do not edit\n"
                  "# Created by gdk-pixbuf-query-loaders from gdk-pixbuf-{}\n#\n",
                  version_of(process.machine)));
  for (std::size_t i = 1; i < process.args.size(); ++i) {
    const std::string& path = process.args[i];
    if (path.starts_with('-')) throw Unknown(fmt::format("option '{}' is not known", path));
    const auto content = accounts::read_text(tree, process.absolute(path));
    if (!content) throw Unknown(fmt::format("module '{}' is not there", path));
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    const std::string_view answer = answer_of(name, kLoaders);
    check(name, *content, quoted_texts(answer));
    process.out(fmt::format("\"{}\"\n{}\n", path, answer));
  }
  process.out("\n");
  return 0;
}

int gio_querymodules(Process& process) {
  Tree& tree = process.machine.tree;
  for (std::size_t i = 1; i < process.args.size(); ++i) {
    const std::string folder = process.absolute(process.args[i]);
    const Found found = tree.find(folder);
    if (!found || !found.inode->is_directory()) {
      process.err(fmt::format("Unable to open directory {}: No such file or directory\n", folder));
      continue;
    }
    std::string text;
    const auto children = found.inode->children;
    for (const auto& [name, child] : children) {
      if (!name.starts_with("lib") || !name.ends_with(".so")) continue;
      const std::string_view answer = answer_of(name, kGioModules);
      const auto content = accounts::read_text(tree, fmt::format("{}/{}", folder, name));
      check(name, content.value_or(""), {answer});
      text += fmt::format("{}: {}\n", name, answer);
    }
    const std::string cache = fmt::format("{}/giomodule.cache", folder);
    tree.unlink(cache);
    if (!text.empty()) tree.write(cache, text, 0644);
  }
  return 0;
}

}  // namespace stamp::scripts::derived
