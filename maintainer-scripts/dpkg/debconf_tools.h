#pragma once
// debconf as scripts meet it. The tree's own /usr/share/debconf/confmodule is evaluated as it is: a
// script that sources it without a frontend does `exec /usr/share/debconf/frontend $0 "$@"`, which
// is the tool below. It loads the package's templates, runs its `config` member before a preinst or
// postinst, and runs the script again with DEBIAN_HAS_FRONTEND=1, its standard input and output
// being the two ends of the protocol: what it writes there (confmodule: to descriptor 3) is
// answered at once, and read back from standard input.

#include "maintainer-scripts/process.h"

namespace stamp::scripts {

/// /usr/share/debconf/frontend SCRIPT ARGS…: the script is a member of its package
/// ("/var/lib/dpkg/info/tzdata.postinst", "/var/lib/dpkg/tmp.ci/preinst" with
/// DPKG_MAINTSCRIPT_PACKAGE), or a script of the tree.
int debconf_frontend(Process& process);
/// debconf-communicate [PACKAGE]: answers the protocol's lines of standard input.
int debconf_communicate(Process& process);
/// debconf-escape -e|-u.
int debconf_escape(Process& process);

}  // namespace stamp::scripts
