#pragma once
// The tools that make files out of others, one function each; tools/tool.h has the table.

#include "maintainer-scripts/process.h"

namespace stamp::scripts::derived {

int ldconfig(Process& process);                  ///< glibc 2.36
int pam_auth_update(Process& process);           ///< pam 1.5.2
int gdk_pixbuf_query_loaders(Process& process);  ///< gdk-pixbuf 2.42
int glib_compile_schemas(Process& process);      ///< GLib 2.74
int gtk2_query_immodules(Process& process);      ///< GTK+ 2.24
int gtk3_query_immodules(Process& process);      ///< GTK+ 3.24
int gio_querymodules(Process& process);          ///< GLib 2.74
int mkfontscale(Process& process);               ///< xfonts-utils 7.7
int openssl(Process& process);                   ///< rehash of OpenSSL 3.0
int update_catalog(Process& process);            ///< sgml-base 1.31
int update_xmlcatalog(Process& process);         ///< xml-core 0.18

}  // namespace stamp::scripts::derived
