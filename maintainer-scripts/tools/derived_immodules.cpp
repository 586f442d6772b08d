// gtk-query-immodules of GTK+ 2.24 and 3.24. The real one loads each module and asks it; here the
// answers of Debian 12's modules are known, and each is taken only while the module's file still
// holds the texts of its answer.

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/accounts/records.h"
#include "maintainer-scripts/dpkg/package_database.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/derived_tools.h"

namespace stamp::scripts::derived {
namespace {

/// A module, and the line that it answers: id, name, domain and folder of translations, languages.
struct InputMethod {
  std::string_view module;
  std::string_view answer;
};

constexpr InputMethod kOfGtk2[] = {
    {"im-am-et.so", R"~("am_et" "Amharic (EZ+)" "gtk20" "/usr/share/locale" "am")~"},
    {"im-cedilla.so",
     R"~("cedilla" "Cedilla" "gtk20" "/usr/share/locale" "az:ca:co:fr:gv:oc:pt:sq:tr:wa")~"},
    {"im-cyrillic-translit.so",
     R"~("cyrillic_translit" "Cyrillic (Transliterated)" "gtk20" "/usr/share/locale" "")~"},
    {"im-inuktitut.so",
     R"~("inuktitut" "Inuktitut (Transliterated)" "gtk20" "/usr/share/locale" "iu")~"},
    {"im-ipa.so", R"~("ipa" "IPA" "gtk20" "/usr/share/locale" "")~"},
    {"im-multipress.so", R"~("multipress" "Multipress" "gtk20" "" "")~"},
    {"im-thai.so", R"~("thai" "Thai-Lao" "gtk20" "/usr/share/locale" "lo:th")~"},
    {"im-ti-er.so", R"~("ti_er" "Tigrigna-Eritrean (EZ+)" "gtk20" "/usr/share/locale" "ti")~"},
    {"im-ti-et.so", R"~("ti_et" "Tigrigna-Ethiopian (EZ+)" "gtk20" "/usr/share/locale" "ti")~"},
    {"im-viqr.so", R"~("viqr" "Vietnamese (VIQR)" "gtk20" "/usr/share/locale" "")~"},
    {"im-xim.so", R"~("xim" "X Input Method" "gtk20" "/usr/share/locale" "ko:ja:th:zh")~"},
};

constexpr InputMethod kOfGtk3[] = {
    {"im-am-et.so", R"~("am_et" "Amharic (EZ+)" "gtk30" "/usr/share/locale" "am")~"},
    {"im-broadway.so", R"~("broadway" "Broadway" "gtk30" "/usr/share/locale" "")~"},
    {"im-cedilla.so",
     R"~("cedilla" "Cedilla" "gtk30" "/usr/share/locale" "az:ca:co:fr:gv:oc:pt:sq:tr:wa")~"},
    {"im-cyrillic-translit.so",
     R"~("cyrillic_translit" "Cyrillic (Transliterated)" "gtk30" "/usr/share/locale" "")~"},
    {"im-inuktitut.so",
     R"~("inuktitut" "Inuktitut (Transliterated)" "gtk30" "/usr/share/locale" "iu")~"},
    {"im-ipa.so", R"~("ipa" "IPA" "gtk30" "/usr/share/locale" "")~"},
    {"im-multipress.so", R"~("multipress" "Multipress" "gtk30" "/usr/share/locale" "")~"},
    {"im-thai.so", R"~("thai" "Thai-Lao" "gtk30" "/usr/share/locale" "lo:th")~"},
    {"im-ti-er.so", R"~("ti_er" "Tigrigna-Eritrean (EZ+)" "gtk30" "/usr/share/locale" "ti")~"},
    {"im-ti-et.so", R"~("ti_et" "Tigrigna-Ethiopian (EZ+)" "gtk30" "/usr/share/locale" "ti")~"},
    {"im-viqr.so", R"~("viqr" "Vietnamese (VIQR)" "gtk30" "/usr/share/locale" "")~"},
    {"im-wayland.so", R"~("wayland" "Wayland" "gtk30" "/usr/share/locale" "")~"},
    {"im-xim.so", R"~("xim" "X Input Method" "gtk30" "/usr/share/locale" "ko:ja:th:zh")~"},
};

/// Of a text in quotes at the start of `line` what stands in them; takes it and a space away.
std::string_view take_quoted(std::string_view& line) {
  const std::string_view text = line.substr(1, line.find('"', 1) - 1);
  line.remove_prefix(std::min(text.size() + 3, line.size()));
  return text;
}

std::string_view answer_of(std::span<const InputMethod> methods, std::string_view module,
                           const std::string& content) {
  const auto known = std::find_if(methods.begin(), methods.end(),
                                  [&](const InputMethod& each) { return each.module == module; });
  if (known == methods.end()) {
    throw Unknown(fmt::format("what module '{}' answers is not known", module));
  }
  std::string_view line = known->answer;
  for (int i = 0; i < 2; ++i) {
    if (content.find(take_quoted(line)) == std::string::npos) {
      throw Unknown(fmt::format("module '{}' is another than that of Debian 12", module));
    }
  }
  return known->answer;
}

/// The system that GTK was built for, as its library names it.
std::string_view system_of(const Tree& tree, const std::string& folder) {
  constexpr std::string_view kSystems[] = {"aarch64-unknown-linux-gnu", "x86_64-pc-linux-gnu"};
  const auto library = accounts::read_text(tree, fmt::format("{}/libgtk-x11-2.0.so.0", folder));
  for (const std::string_view system : kSystems) {
    if (library && library->find(system) != std::string::npos) return system;
  }
  throw Unknown("the system that GTK was built for is not known");
}

std::string version_of(const Machine& machine, std::string_view library) {
  const Package* package = std::as_const(machine.packages).find(library);
  if (package == nullptr) throw Unknown("the version of GTK is not known");
  return package->version.substr(0, package->version.find_first_of("+-"));
}

/// The folders for modules below some others, in order.
std::vector<std::string> module_folders(const std::vector<std::string>& bases,
                                        std::string_view version, std::string_view system) {
  std::vector<std::string> folders;
  for (const std::string& base : bases) {
    for (const std::string& below : {fmt::format("{}/{}", base, version), base}) {
      folders.push_back(fmt::format("{}/{}/immodules", below, system));
      folders.push_back(below + "/immodules");
    }
  }
  return folders;
}

/// One of the two programs, as it was called.
struct Query {
  std::string_view library;              ///< the package of GTK
  std::span<const InputMethod> methods;  ///< what is known
  std::vector<std::string> folders;      ///< those searched, in order
  std::string cache;                     ///< the file that is written
};

int update_cache(Process& process, const Query& query) {
  Tree& tree = process.machine.tree;
  std::string text = fmt::format(
      "# GTK+ Input Method Modules file\n# Automatically generated file, do not edit\n"
      "# Created by {} from gtk+-{}\n#\n# ModulesPath = ",
      process.args.front(), version_of(process.machine, query.library));
  for (const std::string& each : query.folders) {
    text += (&each == &query.folders.front() ? "" : ":") + each;
  }
  text += "\n#\n";
  for (const std::string& folder : query.folders) {
    const Found found = tree.find(folder);
    if (!found || !found.inode->is_directory()) continue;
    const auto children = found.inode->children;
    for (const auto& [name, child] : children) {
      if (!name.ends_with(".so")) continue;
      const std::string path = fmt::format("{}/{}", folder, name);
      const auto content = accounts::read_text(tree, path);
      text += fmt::format("\"{}\" \n{} \n\n", path,
                          answer_of(query.methods, name, content.value_or("")));
    }
  }
  tree.write(query.cache, text, 0644);
  return 0;
}

/// What lies before the program's own folder, "/libgtk-3-0/": that of the libraries.
std::string library_folder(const Process& process, std::string_view own) {
  const std::string& self = process.args.front();
  const std::size_t end = self.rfind(own);
  if (process.args.size() != 2 || process.args[1] != "--update-cache" || end == std::string::npos) {
    throw Unknown(fmt::format("such a question to {}", process.name()));
  }
  return self.substr(0, end);
}

}  // namespace

int gtk2_query_immodules(Process& process) {
  const std::string folder = library_folder(process, "/libgtk2.0-0/");
  const std::string_view home = process.variable("HOME");
  if (home.empty()) throw Unknown(fmt::format("{} without a home", process.name()));
  return update_cache(
      process,
      {"libgtk2.0-0", kOfGtk2,
       module_folders({fmt::format("{}/.gtk-2.0", home), folder + "/gtk-2.0", "/usr/lib/gtk-2.0"},
                      "2.10.0", system_of(process.machine.tree, folder)),
       folder + "/gtk-2.0/2.10.0/immodules.cache"});
}

int gtk3_query_immodules(Process& process) {
  const std::string folder = library_folder(process, "/libgtk-3-0/");
  return update_cache(
      process, {"libgtk-3-0", kOfGtk3, module_folders({folder + "/gtk-3.0"}, "3.0.0", "linux"),
                folder + "/gtk-3.0/3.0.0/immodules.cache"});
}

}  // namespace stamp::scripts::derived
