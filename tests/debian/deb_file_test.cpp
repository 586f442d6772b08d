#include "debian/deb_file.h"

#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "layer/tar_writer.h"
#include "tests/expect_error.h"

namespace stamp::debian {
namespace {

struct TarFile {
  std::string name;
  std::string text;
  std::uint32_t mode = 0644;
};

std::string tar_of(const std::vector<TarFile>& files) {
  StringSink out;
  layer::TarWriter writer(out);
  for (const TarFile& file : files) {
    StringSource content(file.text);
    writer.add(
        {.path = EntryPath::parse_member(file.name), .mode = file.mode, .size = file.text.size()},
        content);
  }
  writer.write_end();
  return out.take();
}

std::string member(const std::string& name, const std::string& bytes) {
  return fmt::format("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", name, 0, 0, 0, 100644, bytes.size()) +
         bytes + (bytes.size() % 2 != 0 ? "\n" : "");
}

const std::string kControl =
    "Package: tool\nVersion: 1.0\nArchitecture: all\nInstalled-Size: 1\nDescription: x\n";

std::string control_tar() {
  return tar_of({{"./control", kControl}, {"./postinst", "#!/bin/sh\n", 0755}});
}

std::string data_tar() {
  return tar_of({{"./usr/bin/tool", "hello"}});
}

const std::string kStart = "!<arch>\n" + member("debian-binary", "2.0\n");

std::string good_deb() {
  return kStart + member("control.tar", control_tar()) + member("data.tar", data_tar());
}

/// Reads a whole package; returns its data archive.
std::string read_deb(const std::string& bytes) {
  StringSource source(bytes);
  DebFile deb(source, "package 'tool'");
  return read_all(deb.data(), 1U << 30U, "the data");
}

std::string failure(const std::string& bytes) {
  return message_of([&] { static_cast<void>(read_deb(bytes)); });
}

std::string refusal(const std::string& cause) {
  return "stamp: error: cannot read package 'tool': " + cause + "\n";
}

TEST(DebFile, GivesControlThenData) {
  StringSource source(good_deb());
  DebFile deb(source, "package 'tool'");
  EXPECT_EQ(deb.control().control.get("Package"), "tool");
  EXPECT_EQ(deb.control().members, (std::vector<ControlMember>{{"postinst", "#!/bin/sh\n", 0755}}));
  EXPECT_NE(deb.control().find("postinst"), nullptr);
  EXPECT_EQ(deb.control().find("preinst"), nullptr);
  EXPECT_EQ(read_all(deb.data(), 1U << 20U, "the data"), data_tar());
}

TEST(DebFile, NamesMayEndInASlash) {
  EXPECT_EQ(read_deb("!<arch>\n" + member("debian-binary/", "2.0\n") +
                     member("control.tar/", control_tar()) + member("data.tar/", data_tar())),
            data_tar());
}

TEST(DebFile, PassesOverMembersWithAnUnderscore) {
  EXPECT_EQ(read_deb(kStart + member("_gpgorigin", "odd") + member("control.tar", control_tar()) +
                     member("_x", "") + member("data.tar", data_tar()) + member("_gpg", "xy")),
            data_tar());
}

// A11
TEST(DebFile, RefusesOtherMembersAndOrders) {
  EXPECT_EQ(failure("hello"), refusal("it is cut off"));
  EXPECT_EQ(failure("!<ARCH>\n"), refusal("it is no Debian package"));
  EXPECT_EQ(failure("!<arch>\n" + member("control.tar", control_tar())),
            refusal("it is no Debian package of format 2.0"));
  EXPECT_EQ(failure("!<arch>\n" + member("debian-binary", "3.0\n")),
            refusal("it is no Debian package of format 2.0"));
  EXPECT_EQ(failure(kStart + member("data.tar", data_tar())),
            refusal("'data.tar' stands where 'control.tar' must be"));
  EXPECT_EQ(failure(kStart), refusal("it has no 'control.tar'"));
  EXPECT_EQ(failure(kStart + member("control.tar", control_tar())),
            refusal("it has no 'data.tar'"));
  EXPECT_EQ(failure(kStart + member("control.tar.lz", control_tar())),
            refusal("'control.tar.lz' stands where 'control.tar' must be"));
  EXPECT_EQ(failure(kStart + member("control.tar.bz2", control_tar())),
            refusal("'control.tar.bz2' stands where 'control.tar' must be"));
  EXPECT_EQ(failure(good_deb() + member("data.tar", data_tar())),
            refusal("'data.tar' follows its data"));
  EXPECT_EQ(failure(kStart + member("x", "") + good_deb()),
            refusal("'x' stands where 'control.tar' must be"));
}

// A11
TEST(DebFile, RefusesMalformedHeaders) {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string bytes = good_deb();
    bytes.replace(bytes.find(from), from.size(), to);
    return failure(bytes);
  };
  EXPECT_EQ(with("4         `\n", "4x        `\n"), refusal("a member has a malformed size"));
  EXPECT_EQ(with("4         `\n", "-4        `\n"), refusal("a member has a malformed size"));
  EXPECT_EQ(with("4         `\n", "4         !\n"), refusal("a malformed member header"));
  EXPECT_EQ(with("debian-binary   ", "#1/20           "), refusal("a member has a malformed name"));
  EXPECT_EQ(with("debian-binary   ", "                "), refusal("a member has a malformed name"));
  EXPECT_EQ(with("4         `\n", "9999999999`\n"),
            "stamp: error: debian-binary of package 'tool' is larger than 64 bytes\n");
}

TEST(DebFile, RefusesWrongPadding) {
  const std::string odd = member("_x", "odd");
  EXPECT_EQ(
      failure(kStart + odd.substr(0, odd.size() - 1) + "x" + member("control.tar", control_tar())),
      refusal("wrong padding after '_x'"));
}

// A8
TEST(DebFile, ACutAtAnyByteIsNoticed) {
  const std::string bytes = good_deb();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_EQ(kind_of([&] { static_cast<void>(read_deb(bytes.substr(0, size))); }),
              ErrorKind::corrupt)
        << size;
  }
}

// A8
TEST(DebFile, TrailingGarbageIsRefused) {
  EXPECT_EQ(failure(good_deb() + "garbage"), refusal("it is cut off"));
  EXPECT_EQ(failure(good_deb() + std::string(60, 'x')), refusal("a malformed member header"));
}

TEST(DebFile, TheControlArchiveHoldsPlainFiles) {
  const auto with = [](const std::vector<TarFile>& files) {
    return failure(kStart + member("control.tar", tar_of(files)));
  };
  EXPECT_EQ(with({{"./postinst", "x"}}), refusal("it has no control file"));
  EXPECT_EQ(with({{"./control", kControl}, {"./a/b", "x"}}),
            refusal("'/a/b' in its control archive is no plain file"));
  EXPECT_EQ(with({{"./control", kControl}, {"./control", kControl}}),
            refusal("its control archive has 'control' twice"));
  EXPECT_EQ(with({{"./control", "no stanza"}}),
            refusal("").substr(0, refusal("").size() - 3) +
                ", line 1: no colon after the name of a field\n  while reading its control file\n");
}

TEST(DebFile, DataIsBounded) {
  const std::string bytes = kStart + member("control.tar", control_tar()) +
                            member("data.tar", std::string((64U << 20U) + 512, '\0'));
  EXPECT_EQ(failure(bytes),
            "stamp: error: the data archive of package 'tool' is larger than 67108864 bytes\n");
}

TEST(DebFile, AnotherPackageIsRefused) {
  const Stanza control = parse_stanza(kControl, "'control'");
  check_identity(control, {"tool", "1.0", "all"});
  EXPECT_EQ(
      message_of([&] {
        check_identity(control, {"tool", "1.1", "amd64"});
      }),
      "stamp: error: cannot use package 'tool 1.1 amd64': its own control file says 'tool 1.0 "
      "all'\n");
}

}  // namespace
}  // namespace stamp::debian
