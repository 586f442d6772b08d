#pragma once
// The tools that make files out of others, one function each; tools/tool.h has the table.

#include "maintainer-scripts/process.h"

namespace stamp::scripts::derived {

int ldconfig(Process& process);         ///< glibc 2.36
int pam_auth_update(Process& process);  ///< pam 1.5.2
int openssl(Process& process);          ///< rehash of OpenSSL 3.0

}  // namespace stamp::scripts::derived
