#pragma once
// The tools that work on files, each to its manual page in Debian 12. Private to the table.

#include "maintainer-scripts/process.h"

namespace stamp::scripts {

int basename_tool(Process& process);
int chattr(Process& process);
int chgrp(Process& process);
int chmod_tool(Process& process);
int chown_tool(Process& process);
int cmp(Process& process);
int cp(Process& process);
int diff(Process& process);
int digest_tool(Process& process);  ///< md5sum, sha1sum, … by the name that it is called by
int dirname_tool(Process& process);
int find_tool_files(Process& process);  ///< find
int getcap(Process& process);
int install(Process& process);
int link_tool(Process& process);
int ln(Process& process);
int ls(Process& process);
int lsattr(Process& process);
int mkdir_tool(Process& process);
int mkfifo_tool(Process& process);
int mktemp_tool(Process& process);
int mv(Process& process);
int readlink_tool(Process& process);
int realpath_tool(Process& process);
int rm(Process& process);
int rmdir_tool(Process& process);
int run_parts(Process& process);
int setcap(Process& process);
int stat_tool(Process& process);
int sync_tool(Process& process);
int tempfile(Process& process);
int touch(Process& process);
int truncate_tool(Process& process);
int unlink_tool(Process& process);
int unpack_tool(Process& process);  ///< gzip, xz and bzip2, by the name that it is called by
int which(Process& process);

}  // namespace stamp::scripts
