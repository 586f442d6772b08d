#include "maintainer-scripts/tools/derived_tools.h"
#include "maintainer-scripts/tools/tool.h"

namespace stamp::scripts {
namespace {

/// A cache that programs do without, or make for themselves.
int left_out(Process&) {
  return 0;
}

constexpr std::string_view kFonts = "font caches are not made: programs make their own";
constexpr std::string_view kDesktop = "databases of desktops are not made";
constexpr std::string_view kInfo = "the directory of info pages is not made";
constexpr std::string_view kTex = "TeX's file lists are not made";

constexpr ToolRow kRows[] = {
    {"appstreamcli", left_out, kDesktop},
    {"fc-cache", left_out, kFonts},
    {"gdk-pixbuf-query-loaders", derived::gdk_pixbuf_query_loaders},
    {"gio-querymodules", derived::gio_querymodules},
    {"glib-compile-schemas", derived::glib_compile_schemas},
    {"gtk-query-immodules-2.0", derived::gtk2_query_immodules},
    {"gtk-query-immodules-3.0", derived::gtk3_query_immodules},
    {"gtk-update-icon-cache", left_out, kDesktop},
    {"install-info", left_out, kInfo},
    {"ldconfig", derived::ldconfig, "/var/cache/ldconfig/aux-cache is not made"},
    {"mkfontscale", derived::mkfontscale, "fonts.dir of bitmaps, fonts.scale"},
    {"mktexlsr", left_out, kTex},
    {"openssl", derived::openssl},
    {"pam-auth-update", derived::pam_auth_update},
    {"texhash", left_out, kTex},
    {"update-catalog", derived::update_catalog},
    {"update-desktop-database", left_out, kDesktop},
    {"update-icon-caches", left_out, kDesktop},
    {"update-info-dir", left_out, kInfo},
    {"update-mime", left_out, "mailcap is not made: programs of desktops read it"},
    {"update-mime-database", left_out, kDesktop},
    {"update-xmlcatalog", derived::update_xmlcatalog},
};

}  // namespace

std::span<const ToolRow> derived_tools() {
  return kRows;
}

}  // namespace stamp::scripts
