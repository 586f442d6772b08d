// What dpkg-query, debconf and ucf answer, beside Debian's own.

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "maintainer-scripts/dpkg/debconf_tools.h"
#include "maintainer-scripts/tools/debian_fields.h"
#include "maintainer-scripts/tools/debian_tools.h"
#include "tests/maintainer-scripts/real_tools.h"

namespace stamp::scripts {
namespace {

void fill(DebianMachine& machine) {
  Package& libc = machine.install("libc6", "2.36-9+deb12u10", {"/.", "/lib", "/lib/libc.so.6"});
  libc.multi_arch_same = true;
  libc.fields = {{"Multi-Arch", "same"},
                 {"Priority", "optional"},
                 {"Section", "libs"},
                 {"Maintainer", "Somebody <a@b>"},
                 {"Source", "glibc (2.36-9)"},
                 {"Depends", "libgcc-s1, libcrypt1 (>= 1:4.4)"},
                 {"Suggests", "glibc-doc, locales (>= 2) | locales-all"},
                 {"Homepage", "https://www.gnu.org"},
                 {"Description",
                  "GNU C Library: Shared libraries\n Contains the standard.\n .\n "
                  "More."}};
  Package& bash = machine.install("bash", "5.2.15-2+b2", {"/.", "/bin", "/bin/bash", "/etc/x"});
  bash.essential = true;
  bash.fields = {{"Essential", "yes"},
                 {"Description", "GNU Bourne Again SHell"},
                 {"Maintainer", "Somebody <a@b>"}};
  bash.conffiles = {{"/etc/x", "0123456789abcdef0123456789abcdef"},
                    {"/etc/y", "0123456789abcdef0123456789abcde0"}};
  Package& doc = machine.install("doc", "1:3", {"/.", "/usr"});
  doc.architecture = "all";
  doc.state = PackageState::unpacked;
  doc.conffiles = {{"/etc/doc", "0"}};
  doc.fields = {{"Maintainer", "Somebody <a@b>"}, {"Description", "words"}};
}

TEST(Differential, DpkgQueryAnswersAlike) {
  if (!is_there("/usr/bin/dpkg-query")) GTEST_SKIP() << "dpkg-query is missing";
  const TempDir here(scratch_parent());
  if (run_real(here.path(), "dpkg --print-architecture") != "amd64\n") {
    GTEST_SKIP() << "this dpkg takes packages for amd64 for foreign ones";
  }
  DebianMachine machine;
  fill(machine);
  const TempDir scratch(scratch_parent());
  const std::filesystem::path admin = scratch.path() / "var/lib/dpkg";
  std::filesystem::create_directories(admin / "info");
  std::ofstream(admin / "info/format") << "1\n";
  std::ofstream(admin / "arch") << "amd64\n";
  std::ofstream status(admin / "status");
  for (const Package& package : machine.packages.all()) {
    status << stanza(machine.packages, package) << "\n";
    std::ofstream list(admin / ("info/" + package.info_name() + ".list"));
    for (const std::string& file : package.files) list << file << "\n";
  }
  status.close();
  const std::string diversions = "/bin/bash\n/bin/bash.real\nzsh\n/lib\n/lib.real\n:\n";
  std::ofstream(admin / "diversions") << diversions;
  machine.tree.write("/var/lib/dpkg/diversions", diversions);

  const std::vector<std::vector<std::string>> questions = {
      {"-W"},
      {"-W", "libc6"},
      {"-W", "libc6:amd64", "bash"},
      {"-W", "*c*"},
      {"-W", "none"},
      {"-W", "none", "bash"},
      {"-W", "-f", "${Package} ${Status}\\n", "locales", "libgcc-s1", "libcrypt1"},
      {"-W", "-f=${db:Status-Abbrev}${binary:Package;-12}|${Version;8}|${Architecture}\\t\\\\\\n"},
      {"-W", "-f", "${Conffiles}\\n", "bash", "doc"},
      {"-W", "-f", "${source:Package} ${source:Version} ${source:Upstream-Version}\\n"},
      {"-W", "-f", "${db:Status-Status} ${db:Status-Want} ${db:Status-Eflag} ${Essential}\\n"},
      {"-W", "-f", "${Depends}|${Suggests}|${none}|${Homepage}|${binary:Summary}|$x\\n"},
      {"-W", "-f", "${db-fsys:Files}", "libc6"},
      {"-W", "-f", "${Description}\n", "libc6"},
      {"-s", "libc6", "bash"},
      {"-s", "none"},
      {"-L", "bash"},
      {"-L", "libc6", "none"},
      {"-S", "/bin/bash"},
      {"-S", "bash"},
      {"-S", "/lib", "/usr/"},
      {"-S", "none"},
      {"-l"},
      {"-l", "bash", "none"},
      {"-l", "locales"},
  };
  std::string script = "cd " + scratch.path().string() + "\n";
  std::string ours;
  for (std::vector<std::string> question : questions) {
    script += "dpkg-query --admindir " + quoted(admin.string());
    for (const std::string& word : question) script += " " + quoted(word);
    script += " 2>err; echo \"= $?\"; cat err\n";
    question.insert(question.begin(), "dpkg-query");
    const ToolResult result = machine.run_tool(dpkg_query, question);
    ours += fmt::format("{}= {}\n{}", result.out, result.status, result.err);
  }
  EXPECT_EQ(ours, run_real(scratch.path(), script));
}

constexpr const char* kTemplates = R"(Template: t/choice
Type: select
Choices: one, two words, th\, ree, ${more}
Default: two words
Description: A choice of ${what}:
 It is about ${what}
 and nothing else.
 .
  verbatim  text
 End.

Template: t/many
Type: multiselect
Choices: a, b, c
Default: a, c
Description: Many

Template: t/yes
Type: boolean
Default: true
Description: Yes?
Description-de.UTF-8: Ja?

Template: t/text
Type: string
Default: some  text
Default-en: english
Description: A text \${escaped} ${set} ${unset}

Template: t/empty
Type: string
Description: Empty

Template: t/note
Type: note
Description: Note
 That.

Template: t/password
Type: password
Description: Secret

Template: t/said
Type: text
Description: Said

Template: t/title
Type: title
Description: A title

Template: t/bad
Type: select
Choices-C: x, y
Choices: ex, why
Default: z
Description: Bad
)";

/// Every line of the protocol that is compared.
std::vector<std::string> protocol_lines(const std::string& templates) {
  std::vector<std::string> lines = {"VERSION 2.0",
                                    "VERSION 1.0",
                                    "VERSION 3.0",
                                    "VERSION",
                                    "VERSION 2 2",
                                    "CAPB",
                                    "CAPB backup",
                                    "X_LOADTEMPLATEFILE " + templates + " own",
                                    "X_LOADTEMPLATEFILE",
                                    "GET",
                                    "GET a b",
                                    "NONSENSE x",
                                    "TITLE a b",
                                    "SETTITLE t/title",
                                    "SETTITLE t/none",
                                    "SETTITLE",
                                    "BEGINBLOCK",
                                    "ENDBLOCK",
                                    "INFO",
                                    "INFO t/title",
                                    "INFO t/none",
                                    "INFO a b"};
  for (const char* name : {"t/choice", "t/many", "t/yes", "t/text", "t/empty", "t/note",
                           "t/password", "t/said", "t/bad", "t/none"}) {
    for (const char* line :
         {"EXIST {}", "GET {}", "FGET {} seen", "METAGET {} type", "METAGET {} choices",
          "METAGET {} description", "METAGET {} extended_description", "METAGET {} choices-c",
          "METAGET {} default", "METAGET {} owners", "INPUT high {}"}) {
      lines.push_back(fmt::format(fmt::runtime(line), name));
    }
  }
  const std::vector<std::string> more = {"INPUT silly t/text",
                                         "INPUT high",
                                         "UNREGISTER t/text",
                                         "GO",
                                         "GO now",
                                         "GET t/choice",
                                         "GET t/bad",
                                         "GET t/said",
                                         "GET t/text",
                                         "FGET t/text seen",
                                         "FGET t/text isdefault",
                                         "FGET t/text other",
                                         "SET t/text a   b c",
                                         "GET t/text",
                                         "SET t/empty",
                                         "SET",
                                         "SUBST t/choice what good things",
                                         "SUBST t/choice more four, five",
                                         "SUBST t/choice",
                                         "METAGET t/choice description",
                                         "METAGET t/choice choices",
                                         "METAGET t/choice extended_description",
                                         "SET t/choice five",
                                         "INPUT low t/choice",
                                         "GO",
                                         "GET t/choice",
                                         "SET t/choice six",
                                         "INPUT low t/choice",
                                         "GO",
                                         "GET t/choice",
                                         "SUBST t/text set SET",
                                         "METAGET t/text description",
                                         "METAGET t/yes description-de.utf-8",
                                         "METAGET t/text nothing-at-all",
                                         "FSET t/yes seen true",
                                         "FGET t/yes seen",
                                         "FGET t/yes isdefault",
                                         "FSET t/yes isdefault true",
                                         "FGET t/yes seen",
                                         "FSET t/yes seen",
                                         "FSET t/yes mine my own",
                                         "FGET t/yes mine",
                                         "RESET t/yes",
                                         "FGET t/yes seen",
                                         "GET t/yes",
                                         "SET t/yes false",
                                         "RESET t/yes",
                                         "GET t/yes",
                                         "RESET t/none",
                                         "RESET",
                                         "SUBST t/none a b",
                                         "SET t/none a",
                                         "FSET t/none seen true",
                                         "FGET t/none seen",
                                         "METAGET t/none type",
                                         "REGISTER t/text t/new",
                                         "GET t/new",
                                         "METAGET t/new description",
                                         "SET t/new x",
                                         "GET t/new",
                                         "GET t/text",
                                         "REGISTER t/none t/newer",
                                         "REGISTER t/yes t/new",
                                         "METAGET t/new type",
                                         "EXIST t/new",
                                         "UNREGISTER t/new",
                                         "EXIST t/new",
                                         "UNREGISTER t/new",
                                         "PROGRESS START 0 10 t/title",
                                         "PROGRESS SET 3",
                                         "PROGRESS STEP 2",
                                         "PROGRESS INFO t/title",
                                         "PROGRESS STOP",
                                         "PROGRESS START 10 0 t/title",
                                         "PROGRESS DANCE",
                                         "PROGRESS",
                                         "DATA t/made description early",
                                         "DATA t/made type string",
                                         "DATA t/made description Made\\nhere",
                                         "DATA t/made type note",
                                         "GET t/made",
                                         "CAPB escape",
                                         "SET t/text a\\ b\\\\c\\nd e",
                                         "GET t/text",
                                         "METAGET t/choice extended_description",
                                         "SET t/text  a  b ",
                                         "GET t/text",
                                         "CAPB",
                                         "CLEAR",
                                         "CLEAR it",
                                         "PURGE it",
                                         "PURGE",
                                         "EXIST t/made",
                                         "EXIST t/yes",
                                         "get t/yes"};
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

TEST(Differential, DebconfAnswersAlike) {
  if (!is_there("/usr/bin/debconf-communicate")) GTEST_SKIP() << "debconf is missing";
  const TempDir scratch(scratch_parent());
  const std::string folder = scratch.path().string();
  std::ofstream(folder + "/templates") << kTemplates;
  std::ofstream(folder + "/debconf.conf")
      << "Config: config\nTemplates: templates\n\nName: config\nDriver: File\nFilename: " << folder
      << "/config.dat\n\nName: templates\nDriver: File\nFilename: " << folder << "/templates.dat\n";
  std::string input;
  const std::vector<std::string> lines = protocol_lines(folder + "/templates");
  ASSERT_GT(lines.size(), 200U);
  for (const std::string& line : lines) input += line + "\n";
  std::ofstream(folder + "/lines") << input;
  const std::string real = run_real(
      folder, fmt::format("cd {}; DEBCONF_SYSTEMRC={}/debconf.conf debconf-communicate own "
                          "< lines 2>/dev/null; echo \"= $?\"\n",
                          folder, folder));

  DebianMachine machine;
  machine.tree.make_directory(folder.substr(0, folder.rfind('/')), 0755);
  for (std::size_t at = 1; at != std::string::npos;) {
    at = folder.find('/', at + 1);
    machine.tree.make_directory(folder.substr(0, at), 0755);
  }
  machine.tree.write(folder + "/templates", kTemplates);
  const ToolResult ours =
      machine.run_tool(debconf_communicate, {"debconf-communicate", "own"}, input);
  std::istringstream mine(ours.out + fmt::format("= {}\n", ours.status));
  std::istringstream theirs(real);
  std::string my_line;
  std::string their_line;
  for (const std::string& line : lines) {
    std::getline(mine, my_line);
    std::getline(theirs, their_line);
    EXPECT_EQ(my_line, their_line) << line;
  }
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(mine), {}),
            std::string(std::istreambuf_iterator<char>(theirs), {}));
}

TEST(Differential, DebconfEscapesAlike) {
  if (!is_there("/usr/bin/debconf-escape")) GTEST_SKIP() << "debconf is missing";
  const TempDir scratch(scratch_parent());
  const std::string text = "a\\b \\n c\n\\\\d\n";
  DebianMachine machine;
  for (const char* option : {"-e", "-u"}) {
    EXPECT_EQ(
        machine.run_tool(debconf_escape, {"debconf-escape", option}, text).out,
        run_real(scratch.path(), "printf %s " + quoted(text) + " | debconf-escape " + option));
  }
}

/// ucf reads the host's own diversions and settings, and asks through descriptors 0 and 3.
TEST(Differential, UcfLeavesTheSameFiles) {
  if (!is_there("/usr/bin/ucf")) GTEST_SKIP() << "ucf is missing";
  if (::geteuid() != 0) GTEST_SKIP() << "ucf does nothing unless it is root's";
  const TempDir scratch(scratch_parent());
  const std::string root = scratch.path().string();
  DebianMachine machine;
  for (const char* folder : {"/usr/share", "/etc"}) {
    std::filesystem::create_directories(root + folder);
    machine.tree.make_directory(folder, 0755);
  }
  Dice dice(5);
  constexpr std::array kConfigs = {"/etc/one", "/etc/two"};
  constexpr std::array kTexts = {"old", "new", "mine"};
  std::string script = "for i in 1 2 3 4 5 6 7 8 9; do echo '0 keep_current'; done > answers\n";
  script = "cd " + root + "\n" + script;
  std::string ours;
  for (int i = 0; i < 20; ++i) {
    const std::string config = dice.pick(kConfigs);
    const std::string text = dice.pick(kTexts);
    if (dice.roll(4) == 0) {
      script += fmt::format("printf %s {} > {}{}\n", text, root, config);
      machine.tree.write(config, text);
      continue;
    }
    if (dice.roll(6) == 0) {
      script += fmt::format("rm -f {}{}\n", root, config);
      machine.tree.unlink(config);
      continue;
    }
    script += fmt::format("printf %s {} > {}/usr/share/new\n", text, root);
    machine.tree.write("/usr/share/new", text);
    std::vector<std::string> words = {"ucf", "--debconf-ok"};
    if (dice.roll(2) == 0) words.emplace_back("--three-way");
    const bool purges = dice.roll(6) == 0;
    words.emplace_back(purges ? "--purge" : "/usr/share/new");
    words.push_back(config);
    script += "DEBIAN_HAS_FRONTEND=1 DEBCONF_REDIR=1 ucf --state-dir " + root + "/var/lib/ucf";
    for (std::size_t w = 1; w < words.size(); ++w) {
      script += " " + (words[w].front() == '/' ? root : "") + words[w];
    }
    script += " 2>&1 3>/dev/null < answers; echo \"= $?\"\n";
    const ToolResult result = machine.run_tool(ucf, words);
    ours += fmt::format("{}{}= {}\n", result.out, result.err, result.status);
  }
  const std::string said = run_real(scratch.path(), script);
  EXPECT_EQ(ours, replaced(said, root, ""));
  Listing real;
  for (auto& [path, text] : listing_of(root)) {
    // The root is a part of cached files' names.
    real[replaced(path, replaced(root, "/", ":"), "")] = replaced(text, root, "");
  }
  real.erase("/script");
  real.erase("/answers");
  Listing mine = listing_of(machine.tree);
  mine.erase("/etc/passwd");
  mine.erase("/etc/group");
  EXPECT_EQ(mine, real);
}

}  // namespace
}  // namespace stamp::scripts
