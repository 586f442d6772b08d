#include "maintainer-scripts/tree/open_file.h"

#include <gtest/gtest.h>

#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {
namespace {

class OpenFiles : public testing::Test, public TestMachine {
 protected:
  OpenFiles() : TestMachine({}), process{machine, {"tool"}} {
    file("/etc/conf", "one\ntwo\n");
    process.files[0] = std::make_shared<Buffer>("input");
    process.files[1] = out;
  }
  std::shared_ptr<Buffer> out = std::make_shared<Buffer>();
  Process process;
};

TEST_F(OpenFiles, ReadsFromWhereItStopped) {
  const Opened opened = open_file(process, "/etc/conf", OpenMode::read);
  EXPECT_EQ(opened.file->read(4), "one\n");
  EXPECT_EQ(opened.file->read(100), "two\n");
  EXPECT_EQ(opened.file->read(100), "");
}

TEST_F(OpenFiles, WritesOverAndAtTheEnd) {
  const Opened both = open_file(process, "/etc/conf", OpenMode::read_write);
  const Opened end = open_file(process, "/etc/conf", OpenMode::append);
  both.file->write("ONE");
  end.file->write("three");
  EXPECT_EQ(both.file->read(100), "\ntwo\nthree");
  end.file->write("!");
  EXPECT_EQ(text("/etc/conf"), "ONE\ntwo\nthree!");
  open_file(process, "/etc/conf", OpenMode::write);
  EXPECT_EQ(text("/etc/conf"), "");
}

TEST_F(OpenFiles, NewFilesObeyTheUmaskAndTheDirectory) {
  process.umask = 027;
  process.directory = "/etc";
  EXPECT_TRUE(open_file(process, "new", OpenMode::write).file);
  EXPECT_EQ(tree.find("/etc/new").inode->mode, 0640U);
}

TEST_F(OpenFiles, WhatIsThereIsNotNew) {
  EXPECT_EQ(open_file(process, "/etc/conf", OpenMode::write_new).error, std::errc::file_exists);
  EXPECT_TRUE(open_file(process, "/dev/null", OpenMode::write_new).file);
}

TEST_F(OpenFiles, SaysWhyNot) {
  EXPECT_EQ(describe(open_file(process, "/nothing", OpenMode::read).error),
            "No such file or directory");
  EXPECT_EQ(describe(open_file(process, "/etc", OpenMode::read).error), "Is a directory");
  EXPECT_EQ(describe(open_file(process, "/etc", OpenMode::write).error), "Is a directory");
  EXPECT_EQ(describe(open_file(process, "", OpenMode::read).error), "No such file or directory");
}

TEST_F(OpenFiles, KnowsTheDevicesOfEveryProcess) {
  EXPECT_EQ(read_file(process, "/dev/null").text, "");
  EXPECT_EQ(read_file(process, "/dev/stdin").text, "input");
  open_file(process, "/dev/fd/1", OpenMode::append).file->write("to out");
  EXPECT_EQ(out->text(), "to out");
  EXPECT_EQ(open_file(process, "/dev/fd/7", OpenMode::read).error,
            std::errc::no_such_file_or_directory);
}

TEST_F(OpenFiles, RefusesWhatIsTheMachines) {
  const auto message = [this](std::string_view path) -> std::string {
    try {
      (void)open_file(process, path, OpenMode::read);
    } catch (const Unknown& unknown) {
      return unknown.what();
    }
    return "";
  };
  EXPECT_EQ(message("/proc/cpuinfo"), "'/proc/cpuinfo' is the machine's, not the image's");
  EXPECT_EQ(message("/dev/../dev/urandom"),
            "'/dev/../dev/urandom' is the machine's, not the image's");
  tree.make_fifo("/pipe", 0600);
  EXPECT_EQ(message("/pipe"), "'/pipe' is a fifo");
}

TEST_F(OpenFiles, OutputCountsAgainstTheBudget) {
  Budget small(Budget::Limits{.output = 3});
  Machine other{tree, small, packages.part, ids, debconf.part, triggers.part, machine.runner};
  Process writer{other, {"tool"}};
  const Opened opened = open_file(writer, "/f", OpenMode::write);
  opened.file->write("abc");
  EXPECT_THROW(opened.file->write("d"), Error);
}

}  // namespace
}  // namespace stamp::scripts
