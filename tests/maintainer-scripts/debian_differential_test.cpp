// Our tools and Debian's own, given the same commands over the same files.

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "maintainer-scripts/tools/debian_fields.h"
#include "maintainer-scripts/tools/debian_tools.h"
#include "tests/maintainer-scripts/real_tools.h"

namespace stamp::scripts {
namespace {

/// One command of a sequence: of the tool, or a change of the files that both make.
struct Step {
  enum class Kind { tool, write, unlink, link };
  Kind kind = Kind::tool;
  std::vector<std::string> words;  ///< a tool's; else path and text
};
using Sequence = std::vector<Step>;

/// What every sequence starts from: files by path, their content being the path.
const std::vector<std::string> kFiles = {
    "/usr/bin/p0",         "/usr/bin/p1",         "/usr/bin/p2",          "/usr/bin/p3",
    "/usr/share/man/p0.1", "/usr/share/man/p1.1", "/usr/share/doc/p2.txt"};
const std::vector<std::string> kFolders = {"/etc",           "/usr/bin",           "/usr/share/man",
                                           "/usr/share/doc", "/var/lib/dpkg/info", "/var/log"};

/// Runs sequences by the real program, each in a folder of its own, and by ours; compares what
/// they said and left. `root_words` tells the real one its root, after the program's name.
class Comparison {
 public:
  Comparison(Tool tool, std::string root_option)
      : tool_(tool), root_option_(std::move(root_option)), scratch_(scratch_parent()) {}

  void run(const std::vector<Sequence>& sequences) {
    std::string script;
    for (std::size_t i = 0; i < sequences.size(); ++i) script += prepare(i, sequences[i]);
    const std::string said = run_real(scratch_.path(), script);
    std::vector<std::string> parts;
    for (std::size_t at = 0, end = 0; end != std::string::npos; at = end + 5) {
      end = said.find("####\n", at);
      parts.push_back(said.substr(at, end - at));
    }
    ASSERT_EQ(parts.size(), sequences.size() + 1);
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      compare(i, sequences[i], parts[i]);
      if (::testing::Test::HasFailure()) return;
    }
  }

  /// Left out of the comparison, as our tools leave it out.
  std::vector<std::string> ignored = {"/var/log/alternatives.log", "/var/lib/dpkg/diversions-old",
                                      "/var/lib/dpkg/statoverride-old", "/var/lib/dpkg/lock",
                                      "/var/lib/dpkg/status"};

 private:
  std::filesystem::path root(std::size_t i) const {
    return scratch_.path() / fmt::format("root{}", i);
  }

  std::string prepare(std::size_t i, const Sequence& sequence) const {
    for (const std::string& folder : kFolders) {
      std::filesystem::create_directories(root(i).string() + folder);
    }
    for (const std::string& file : kFiles) std::ofstream(root(i).string() + file) << file;
    std::ofstream(root(i).string() + "/var/lib/dpkg/status");
    std::string script;
    for (const Step& step : sequence) {
      const std::string path = root(i).string() + (step.words.empty() ? "" : step.words[0]);
      switch (step.kind) {
        case Step::Kind::tool:
          script += step.words[0] + " " + root_option_ + " " + quoted(root(i).string());
          for (std::size_t w = 1; w < step.words.size(); ++w) script += " " + quoted(step.words[w]);
          script += " 2>&1; echo \"= $?\"\n";
          break;
        case Step::Kind::write:
          script += fmt::format("rm -f {0}; printf %s {1} > {0}\n", path, quoted(step.words[1]));
          break;
        case Step::Kind::unlink:
          script += fmt::format("rm -f {}\n", path);
          break;
        case Step::Kind::link:
          script += fmt::format("ln -sfn {} {}\n", step.words[1], path);
          break;
      }
    }
    return script + "echo '####'\n";
  }

  void compare(std::size_t i, const Sequence& sequence, const std::string& said) {
    DebianMachine machine;
    for (const std::string& folder : kFolders) machine.tree.make_directory(folder, 0755);
    machine.tree.make_directory("/usr/share", 0755);
    for (const std::string& folder : kFolders) machine.tree.make_directory(folder, 0755);
    machine.tree.make_directory("/var/lib/dpkg/info", 0755);
    for (const std::string& file : kFiles) machine.tree.write(file, file);
    std::string ours;
    std::string trace;
    for (const Step& step : sequence) {
      for (const std::string& word : step.words) trace += word + " ";
      trace += "\n";
      if (step.kind == Step::Kind::tool) {
        ours += run_ours(machine, step.words);
        continue;
      }
      machine.tree.unlink(step.words[0]);
      if (step.kind == Step::Kind::write) machine.tree.write(step.words[0], step.words[1]);
      if (step.kind == Step::Kind::link) machine.tree.make_symlink(step.words[1], step.words[0]);
    }
    EXPECT_EQ(ours, replaced(said, root(i).string(), "")) << "sequence " << i << ":\n" << trace;
    Listing real = listing_of(root(i));
    Listing mine = listing_of(machine.tree);
    for (const std::string& path : ignored) real.erase(path);
    mine.erase("/etc/passwd");
    mine.erase("/etc/group");
    EXPECT_EQ(mine, real) << "sequence " << i << ":\n" << trace;
  }

  std::string run_ours(DebianMachine& machine, const std::vector<std::string>& words) {
    const auto said = std::make_shared<Buffer>();
    Process process{machine.machine, words};
    process.files = {{1, said}, {2, said}};
    const int status = tool_(process);
    return said->take() + fmt::format("= {}\n", status);
  }

  Tool tool_;
  std::string root_option_;
  TempDir scratch_;
};

constexpr std::array kPrograms = {"/usr/bin/p0", "/usr/bin/p1", "/usr/bin/p2", "/usr/bin/p3",
                                  "/usr/bin/none"};
constexpr std::array kNames = {"a", "a", "a", "b"};
constexpr std::array kLinks = {"/usr/bin/a", "/usr/bin/a", "/usr/bin/alt"};
constexpr std::array kPriorities = {"1", "5", "5", "10", "-3"};
constexpr std::array kSlaves = {"a.1", "b.1", "doc", "a"};
constexpr std::array kSlaveLinks = {"/usr/share/man/a.1", "/usr/share/man/b.1",
                                    "/usr/share/doc/a.txt", "/usr/share/man/alt.1"};
constexpr std::array kSlaveFiles = {"/usr/share/man/p0.1", "/usr/share/man/p1.1",
                                    "/usr/share/doc/p2.txt", "/usr/share/man/none.1"};

Step install_step(Dice& dice) {
  const std::string name = dice.pick(kNames);
  const std::string link = name == "a" ? dice.pick(kLinks) : "/usr/bin/b";
  Step step{Step::Kind::tool, {"update-alternatives"}};
  if (dice.roll(8) == 0) step.words.emplace_back("--force");
  if (dice.roll(8) == 0) step.words.emplace_back("--verbose");
  for (const std::string& word :
       {std::string("--install"), link, name, dice.pick(kPrograms), dice.pick(kPriorities)}) {
    step.words.push_back(word);
  }
  for (std::size_t slaves = dice.roll(3); slaves > 0; --slaves) {
    for (const std::string& word : {std::string("--slave"), dice.pick(kSlaveLinks),
                                    dice.pick(kSlaves), dice.pick(kSlaveFiles)}) {
      step.words.push_back(word);
    }
  }
  return step;
}

Step alternatives_step(Dice& dice) {
  const std::string name = dice.pick(kNames);
  const auto tool = [](std::vector<std::string> words) {
    words.insert(words.begin(), "update-alternatives");
    return Step{Step::Kind::tool, std::move(words)};
  };
  switch (dice.roll(16)) {
    case 0:
      return tool({"--set", name, dice.pick(kPrograms)});
    case 1:
      return tool({"--auto", name});
    case 2:
      return tool({"--remove", name, dice.pick(kPrograms)});
    case 3:
      return tool({"--remove-all", name});
    case 4:
      return tool({"--query", name});
    case 5:
      return tool({"--display", name});
    case 6:
      return {Step::Kind::write, {dice.pick(kLinks), "a file"}};
    case 7:
      return {Step::Kind::unlink, {dice.pick(kPrograms)}};
    case 8:
      return {Step::Kind::write, {dice.pick(kPrograms), "again"}};
    case 9:
      return {Step::Kind::unlink, {dice.pick(kSlaveLinks)}};
    default:
      return install_step(dice);
  }
}

TEST(Differential, UpdateAlternativesLeavesTheSameFilesAndLinks) {
  if (!is_there("/usr/bin/update-alternatives")) GTEST_SKIP() << "update-alternatives is missing";
  Dice dice(2026);
  std::vector<Sequence> sequences;
  for (int i = 0; i < 200; ++i) {
    Sequence sequence;
    for (std::size_t steps = 2 + dice.roll(9); steps > 0; --steps) {
      sequence.push_back(alternatives_step(dice));
    }
    if (dice.roll(3) == 0) {
      sequence.push_back({Step::Kind::tool, {"update-alternatives", "--get-selections"}});
    }
    sequences.push_back(std::move(sequence));
  }
  Comparison(update_alternatives, "--root").run(sequences);
}

Step divert_step(Dice& dice) {
  constexpr std::array kPaths = {"/usr/bin/p0", "/usr/bin/p1", "/usr/bin/p1.distrib",
                                 "/usr/bin/none", "/usr"};
  constexpr std::array kTargets = {"/usr/bin/p0.real", "/usr/bin/p2", "/none/p0"};
  constexpr std::array kRename = {"--rename", "--rename", "--no-rename", "--quiet"};
  constexpr std::array kActions = {"--add",      "--add",         "--add", "--remove",
                                   "--truename", "--listpackage", "--list"};
  Step step{Step::Kind::tool, {"dpkg-divert", dice.pick(kRename)}};
  if (dice.roll(2) == 0) {
    step.words.emplace_back("--local");
  } else {
    step.words.emplace_back("--package");
    step.words.emplace_back(dice.roll(2) == 0 ? "one" : "two");
  }
  if (dice.roll(3) == 0) {
    step.words.emplace_back("--divert");
    step.words.push_back(dice.pick(kTargets));
  }
  const std::string action = dice.pick(kActions);
  step.words.push_back(action);
  if (action != "--list") step.words.push_back(dice.pick(kPaths));
  return step;
}

TEST(Differential, DpkgDivertLeavesTheSameFiles) {
  if (!is_there("/usr/bin/dpkg-divert")) GTEST_SKIP() << "dpkg-divert is missing";
  Dice dice(7);
  std::vector<Sequence> sequences;
  for (int i = 0; i < 60; ++i) {
    Sequence sequence;
    for (std::size_t steps = 2 + dice.roll(8); steps > 0; --steps) {
      sequence.push_back(divert_step(dice));
    }
    sequences.push_back(std::move(sequence));
  }
  Comparison(dpkg_divert, "--root").run(sequences);
}

Step statoverride_step(Dice& dice) {
  constexpr std::array kUsers = {"root", "#0", "nobody-of-that-name", "root"};
  constexpr std::array kModes = {"755", "04755", "9", "10000"};
  constexpr std::array kPaths = {"/usr/bin/p0", "/usr/bin/p1/", "/usr/bin/p2", "/usr/bin/none",
                                 "/usr/bin/p*"};
  Step step{Step::Kind::tool, {"dpkg-statoverride"}};
  if (dice.roll(4) == 0) step.words.emplace_back("--quiet");
  if (dice.roll(5) == 0) step.words.emplace_back("--force-all");
  switch (dice.roll(5)) {
    case 0:
      step.words.emplace_back("--list");
      break;
    case 1:
      step.words.emplace_back("--remove");
      break;
    default:
      for (const std::string& word :
           {std::string("--add"), dice.pick(kUsers), dice.pick(kUsers), dice.pick(kModes)}) {
        step.words.push_back(word);
      }
  }
  step.words.push_back(dice.pick(kPaths));
  return step;
}

TEST(Differential, DpkgStatoverrideLeavesTheSameFile) {
  if (!is_there("/usr/bin/dpkg-statoverride")) GTEST_SKIP() << "dpkg-statoverride is missing";
  Dice dice(11);
  std::vector<Sequence> sequences;
  for (int i = 0; i < 60; ++i) {
    Sequence sequence;
    for (std::size_t steps = 2 + dice.roll(8); steps > 0; --steps) {
      sequence.push_back(statoverride_step(dice));
    }
    sequences.push_back(std::move(sequence));
  }
  Comparison(dpkg_statoverride, "--root").run(sequences);
}

TEST(Differential, DpkgComparesVersionsAlike) {
  if (!is_there("/usr/bin/dpkg")) GTEST_SKIP() << "dpkg is missing";
  constexpr std::array kVersions = {"",    "1",  "1.0", "1.0-1", "1:0",  "1.0~rc1", "1.0+b1",   "x",
                                    "1 2", "1:", "a:1", "1_2",   "1.0-", " 1.0 ",   "<unknown>"};
  constexpr std::array kRelations = {"lt",    "le",    "eq",    "ne",    "ge", "gt",
                                     "lt-nl", "le-nl", "ge-nl", "gt-nl", "<",  "<<",
                                     "<=",    "=",     ">=",    ">>",    ">",  "like"};
  Dice dice(3);
  std::string script;
  std::string ours;
  DebianMachine machine;
  for (int i = 0; i < 250; ++i) {
    const std::vector<std::string> words = {"dpkg", "--compare-versions", dice.pick(kVersions),
                                            dice.pick(kRelations), dice.pick(kVersions)};
    for (const std::string& word : words) script += quoted(word) + " ";
    script += "2>&1; echo \"= $?\"\n";
    const ToolResult result = machine.run_tool(dpkg, words);
    ours += fmt::format("{}{}= {}\n", result.out, result.err, result.status);
  }
  const TempDir scratch(scratch_parent());
  EXPECT_EQ(ours, run_real(scratch.path(), script));
}

}  // namespace
}  // namespace stamp::scripts
