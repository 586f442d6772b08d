#include "maintainer-scripts/tools/text_tools.h"
#include "maintainer-scripts/tools/tool.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kNothingRuns = "nothing runs while an image is made: none is found";
constexpr std::string_view kNoSecrets =
    "secrets and random values are never made: reaching one stops the build";

constexpr ToolRow kRows[] = {
    {"awk", awk, "as mawk, Debian's own awk; no random numbers; for (… in …) in the keys' order"},
    {"base64", base64},
    {"cat", cat},
    {"cksum", cksum},
    {"comm", comm},
    {"cut", cut},
    {"date", date, "the time is the image's, in UTC, and stands still"},
    {"egrep", grep},
    {"expr", expr},
    {"fgrep", grep},
    {"fold", fold},
    {"getopt", getopt},
    {"grep", grep},
    {"head", head},
    {"hostname", hostname, "the name of the machine: localhost"},
    {"id", id, "the user is root, with no other groups than the image's"},
    {"join", join},
    {"killall", no_process, kNothingRuns},
    {"locale", locale, "the list of locales; the paper and the character set of C and C.UTF-8"},
    {"logname", logname, "nobody is logged in"},
    {"mawk", awk, "no random numbers; for (… in …) in the keys' order"},
    {"mcookie", no_secret, kNoSecrets},
    {"nl", nl},
    {"od", od},
    {"paste", paste},
    {"pgrep", no_process, kNothingRuns},
    {"pidof", no_process, kNothingRuns},
    {"pkill", no_process, kNothingRuns},
    {"printenv", printenv},
    {"rev", rev},
    {"sed", sed},
    {"seq", seq},
    {"sort", sort},
    {"ss", no_process, "nothing listens: no line is printed, not even the heading"},
    {"stty", stty, "there is no terminal"},
    {"tac", tac},
    {"tail", tail},
    {"tee", tee},
    {"tr", tr},
    {"tty", tty, "there is no terminal"},
    {"uname", uname, "the kernel is a fixed one (Linux 6.1.0), the machine the image's"},
    {"uniq", uniq},
    {"uuidgen", no_secret, kNoSecrets},
    {"wc", wc},
    {"whoami", whoami},
    {"xargs", xargs},
};

}  // namespace

std::span<const ToolRow> text_tools() {
  return kRows;
}

}  // namespace stamp::scripts
