#pragma once
// Debian's own tools, as tools/debian_table.cpp lists them. What each does: its manual page.

#include "maintainer-scripts/process.h"

namespace stamp::scripts {

int dpkg(Process& process);
int dpkg_query(Process& process);
int dpkg_divert(Process& process);
int dpkg_statoverride(Process& process);
int dpkg_maintscript_helper(Process& process);
int dpkg_trigger(Process& process);
int dpkg_realpath(Process& process);
int dpkg_preconfigure(Process& process);
/// perl -e '': whether it is there.
int perl(Process& process);
/// python3 where it only makes byte code: does nothing.
int python(Process& process);
int emacs_package_install(Process& process);
int update_alternatives(Process& process);
int update_locale(Process& process);
int update_perl_sax_parsers(Process& process);
int ucf(Process& process);
int ucfr(Process& process);

}  // namespace stamp::scripts
