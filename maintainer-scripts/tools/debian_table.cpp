#include "maintainer-scripts/dpkg/debconf_tools.h"
#include "maintainer-scripts/tools/debian_tools.h"
#include "maintainer-scripts/tools/tool.h"

namespace stamp::scripts {

std::span<const ToolRow> debian_tools() {
  static constexpr std::string_view kPython =
      "programs: byte code is not made, nothing else is run";
  static constexpr ToolRow kRows[] = {
      {"debconf-communicate", debconf_communicate},
      {"debconf-escape", debconf_escape},
      {"dpkg", dpkg, "installing, removing and unpacking: only questions are answered"},
      {"dpkg-divert", dpkg_divert, "the copy of its file as it was before (diversions-old)"},
      {"dpkg-maintscript-helper", dpkg_maintscript_helper,
       "what is done when an older version was installed before"},
      {"dpkg-preconfigure", dpkg_preconfigure, "questions before packages are unpacked"},
      {"dpkg-query", dpkg_query},
      {"dpkg-realpath", dpkg_realpath},
      {"dpkg-statoverride", dpkg_statoverride,
       "the copy of its file as it was before (statoverride-old)"},
      {"dpkg-trigger", dpkg_trigger},
      {"emacs-package-install", emacs_package_install, "setting add-ons up for an Emacs"},
      {"frontend", debconf_frontend, "debconf's own database on disk; nobody is asked"},
      {"perl", perl, "programs: only whether it is there is answered"},
      {"python3", python, kPython},
      {"python3.11", python, kPython},
      {"python3.13", python, kPython},
      {"ucf", ucf, "questions about changed files: what is there is kept"},
      {"ucfr", ucfr},
      {"update-alternatives", update_alternatives, "its log, /var/log/alternatives.log"},
      {"update-locale", update_locale, "locales that are generated: C and POSIX are known"},
      {"update-perl-sax-parsers", update_perl_sax_parsers, "parsers with features of their own"},
  };
  return kRows;
}

}  // namespace stamp::scripts
