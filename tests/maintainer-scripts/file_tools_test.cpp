// What the tools that work on files do beside what real_tools_test.cpp compares.
#include <gtest/gtest.h>

#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {
namespace {

int print_words(Process& process) {
  for (std::size_t i = 1; i < process.args.size(); ++i) process.out(process.args[i] + "\n");
  return process.args.size() > 1 && process.args[1] == "fail" ? 3 : 0;
}

constexpr ToolRow kOther[] = {{"one", print_words}, {"two", print_words}};

class FileTools : public testing::Test, public TestMachine {
 protected:
  FileTools() : TestMachine({file_tools(), kOther}) {
    file("/etc/conf", "text\n");
    folder("/tmp", 01777);
  }
  std::string unknown(const std::vector<std::string>& args) {
    try {
      (void)run_tool(args);
    } catch (const Unknown& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(FileTools, TemporaryNamesAreTheSameInEveryBuild) {
  EXPECT_EQ(run_tool({"mktemp"}).out, "/tmp/tmp.0000000000\n");
  EXPECT_EQ(run_tool({"mktemp"}).out, "/tmp/tmp.0000000001\n");
  EXPECT_EQ(tree.find("/tmp/tmp.0000000000").inode->mode, 0600U);
  EXPECT_EQ(run_tool({"mktemp", "-d", "-t", "x.XXX"}).out, "/tmp/x.000\n");
  EXPECT_EQ(tree.find("/tmp/x.000").inode->mode, 0700U);
  EXPECT_EQ(run_tool({"mktemp", "/etc/conf.XXXXXX.new"}).out, "/etc/conf.000000.new\n");
  EXPECT_EQ(run_tool({"mktemp", "-u", "--tmpdir=/etc", "aXXXX"}).out, "/etc/a0000\n");
  EXPECT_FALSE(tree.exists("/etc/a0000"));
  EXPECT_EQ(run_tool({"tempfile", "-p", "x", "-s", ".y"}).out, "/tmp/x000000.y\n");
  environment["TMPDIR"] = "/etc";
  EXPECT_EQ(run_tool({"mktemp"}).out, "/etc/tmp.0000000000\n");
}

TEST_F(FileTools, WhichLooksThroughThePath) {
  file("/usr/bin/one", "", 0755);
  file("/usr/bin/data", "", 0644);
  file("/bin/one", "", 0755);
  environment["PATH"] = "/sbin:/usr/bin:/bin";
  EXPECT_EQ(run_tool({"which", "one"}).out, "/usr/bin/one\n");
  EXPECT_EQ(run_tool({"which", "-a", "one"}).out, "/usr/bin/one\n/bin/one\n");
  EXPECT_EQ(run_tool({"which", "one", "data"}), (ToolResult{1, "/usr/bin/one\n", ""}));
}

TEST_F(FileTools, RunPartsRunsProgramsInOrder) {
  file("/etc/parts/two", "", 0755);
  file("/etc/parts/one", "", 0755);
  file("/etc/parts/no.name", "", 0755);
  file("/etc/parts/data", "", 0644);
  EXPECT_EQ(run_tool({"run-parts", "--arg=a", "-a", "b", "/etc/parts"}),
            (ToolResult{0, "a\nb\na\nb\n", ""}));
  EXPECT_EQ(run_tool({"run-parts", "-v", "--exit-on-error", "--arg=fail", "/etc/parts"}),
            (ToolResult{1, "fail\n",
                        "run-parts: executing /etc/parts/one fail\n"
                        "run-parts: /etc/parts/one exited with return code 3\n"}));
}

TEST_F(FileTools, FindRunsCommands) {
  file("/d/a", "");
  file("/d/b", "");
  EXPECT_EQ(run_tool({"find", "/d", "-type", "f", "-exec", "one", "<{}>", ";"}).out,
            "</d/a>\n</d/b>\n");
  EXPECT_EQ(run_tool({"find", "/d", "-type", "f", "-exec", "one", "x", "{}", "+"}).out,
            "x\n/d/a\n/d/b\n");
  EXPECT_EQ(run_tool({"find", "/d", "-exec", "one", "fail", "{}", "+"}).status, 1);
  EXPECT_EQ(run_tool({"find", "/d", "-name", "a", "-execdir", "one", "{}", ";"}).out, "./a\n");
  EXPECT_EQ(run_tool({"find", "/d", "-name", "a", "-print0"}).out, std::string("/d/a\0", 5));
  EXPECT_EQ(run_tool({"find", "/d", "-name", "[ab]", "-print", "-quit"}).out, "/d/a\n");
  EXPECT_EQ(run_tool({"find", "/d", "-type", "f", "-newer", "/etc/conf"}).out, "");
  run_tool({"touch", "-d", "@5000", "/d/b"});
  EXPECT_EQ(run_tool({"find", "/d", "-type", "f", "-newer", "/etc/conf"}).out, "/d/b\n");
}

TEST_F(FileTools, FindIsBounded) {
  std::vector<std::string> args{"find", "/"};
  args.insert(args.end(), 100'000, "(");
  EXPECT_THROW((void)run_tool(args), Error);
}

TEST_F(FileTools, ChecksListsOfSums) {
  const std::string sums = run_tool({"sha256sum", "/etc/conf"}).out + "garbage\n";
  EXPECT_EQ(
      run_tool({"sha256sum", "-c"}, sums),
      (ToolResult{0, "/etc/conf: OK\n", "sha256sum: WARNING: 1 line is improperly formatted\n"}));
  EXPECT_EQ(run_tool({"sha256sum", "-c", "--strict", "--status"}, sums), (ToolResult{1, "", ""}));
  tree.append("/etc/conf", "+");
  EXPECT_EQ(run_tool({"sha256sum", "-c", "-"}, sums.substr(0, 76)),
            (ToolResult{1, "/etc/conf: FAILED\n",
                        "sha256sum: WARNING: 1 computed checksum did NOT match\n"}));
  EXPECT_EQ(run_tool({"md5sum"}, "abc").out, "900150983cd24fb0d6963f7d28e17f72  -\n");
  EXPECT_EQ(run_tool({"md5sum", "-c"}, "MD5 (/nothing) = 900150983cd24fb0d6963f7d28e17f72\n"),
            (ToolResult{1, "/nothing: FAILED open or read\n",
                        "md5sum: /nothing: No such file or directory\n"
                        "md5sum: WARNING: 1 listed file could not be read\n"}));
}

TEST_F(FileTools, ComparesWithStandardInput) {
  EXPECT_EQ(run_tool({"cmp", "-s", "/etc/conf", "-"}, "text\n").status, 0);
  EXPECT_EQ(run_tool({"cmp", "-s", "-", "/etc/conf"}, "test\n").status, 1);
}

TEST_F(FileTools, ListsWithTimesThatDoNotMove) {
  tree.set_time("/etc/conf", machine.now - 60);
  EXPECT_EQ(run_tool({"ls", "-l", "/etc/conf"}).out, "-rw-r--r-- 1 0 0 5 Nov 14 22:12 /etc/conf\n");
  EXPECT_EQ(run_tool({"ls", "-ld", "/tmp"}).out, "drwxrwxrwt 2 0 0 4096 Jan  1  1970 /tmp\n");
}

TEST_F(FileTools, AnswersWhereNoFileSystemHasFlags) {
  EXPECT_EQ(
      run_tool({"chattr", "+i", "/etc/conf"}),
      (ToolResult{1, "", "chattr: Operation not supported while reading flags on /etc/conf\n"}));
}

TEST_F(FileTools, CapabilitiesAreStoredAsTheKernelDoes) {
  EXPECT_EQ(run_tool({"setcap", "cap_net_raw,cap_net_admin+ep", "/etc/conf"}).status, 0);
  EXPECT_EQ(tree.find("/etc/conf").inode->xattrs.at("security.capability"),
            std::string("\x01\0\0\x02\0\x30\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20));
}

TEST_F(FileTools, SaysWhatItDoesNotKnow) {
  EXPECT_EQ(unknown({"cp", "--parents", "/etc/conf", "/tmp"}), "option '--parents' is not known");
  EXPECT_EQ(unknown({"cp", "--preserve=acl", "/etc/conf", "/tmp"}), "attribute 'acl' is not known");
  EXPECT_EQ(unknown({"cp", "-a", "/dev/null", "/tmp/x"}),
            "a copy of the device '/dev/null' is not known");
  EXPECT_EQ(unknown({"mv", "--backup=numbered", "/etc/conf", "/tmp"}),
            "option '--backup=numbered' is not known");
  EXPECT_EQ(unknown({"touch", "-d", "yesterday", "/etc/conf"}), "date 'yesterday' is not known");
  EXPECT_EQ(unknown({"stat", "/etc/conf"}), "stat without a format is not known");
  EXPECT_EQ(unknown({"stat", "-c", "%i", "/etc/conf"}), "format '%i' is known of the root alone");
  EXPECT_EQ(run_tool({"stat", "-c", "%d/%i", "/"}).out, "1/2\n");
  EXPECT_EQ(unknown({"ls", "-l", "/etc"}), "the blocks that a folder's files take are not known");
  EXPECT_EQ(unknown({"find", "/", "-ls"}), "'-ls' is not known");
  EXPECT_EQ(unknown({"diff", "/etc/conf", "/dev/null"}), "showing how files differ is not known");
  EXPECT_EQ(unknown({"rm", "-i", "/etc/conf"}), "option '-i' is not known");
}

TEST_F(FileTools, NoPathLeadsOutOfTheTree) {
  symlink("/out", "../../../../../../etc/conf");
  EXPECT_EQ(run_tool({"readlink", "-f", "/out"}).out, "/etc/conf\n");
  EXPECT_EQ(run_tool({"rm", "-rf", "/"}).status, 1);
  EXPECT_EQ(run_tool({"stat", "-c", "%a", "/etc/../../proc/../etc/conf"}).status, 1);
}

TEST_F(FileTools, DifferencesNobodySeesAreEnough) {
  Process process{machine, {"diff", "/etc/conf", "/dev/null"}};
  process.files[1] = std::make_shared<Nothing>();
  EXPECT_EQ(machine.runner.run(process), 1);
}

}  // namespace
}  // namespace stamp::scripts
