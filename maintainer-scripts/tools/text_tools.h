#pragma once
// The text tools, as Debian 12's programs of these names behave in the C locale.

#include "maintainer-scripts/process.h"

namespace stamp::scripts {

// Each reads its process, writes to its files and returns the exit status. Errors: Unknown;
// invalid, past a limit.
int awk(Process& process);
int base64(Process& process);
int cat(Process& process);
int cksum(Process& process);
int comm(Process& process);
int cut(Process& process);
int date(Process& process);
int expr(Process& process);
int fold(Process& process);
int getopt(Process& process);
int grep(Process& process);  ///< egrep and fgrep too, by their name
int head(Process& process);
int hostname(Process& process);
int id(Process& process);
int join(Process& process);
int locale(Process& process);
int logname(Process& process);
int nl(Process& process);
int no_process(Process& process);  ///< pidof, pgrep, pkill, killall: nothing runs
int no_secret(Process& process);   ///< mcookie, uuidgen: always Unknown
int od(Process& process);
int paste(Process& process);
int printenv(Process& process);
int rev(Process& process);
int sed(Process& process);
int seq(Process& process);
int sort(Process& process);
int tac(Process& process);
int tail(Process& process);
int tee(Process& process);
int tr(Process& process);
int stty(Process& process);
int tty(Process& process);
int uname(Process& process);
int uniq(Process& process);
int wc(Process& process);
int whoami(Process& process);
int xargs(Process& process);

}  // namespace stamp::scripts
