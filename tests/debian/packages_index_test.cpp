#include "debian/packages_index.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace stamp::debian {
namespace {

const std::string kDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string stanza(const std::string& filename, const std::string& more = "") {
  return "Package: bash\nVersion: 5.2-2+b8\nArchitecture: amd64\nSize: 42\nSHA256: " + kDigest +
         "\nFilename: " + filename + "\n" + more;
}

PackageRecord record_of(const std::string& text) {
  return package_record(parse_stanza(text, "'Packages'"));
}

std::string failure(const std::string& text) {
  return message_of([&] { static_cast<void>(record_of(text)); });
}

TEST(PackagesIndex, ReadsRecords) {
  StringSource source(
      stanza("pool/main/b/bash/bash_5.2_amd64.deb", "Multi-Arch: foreign\nEssential: yes\n") +
      "\n" + stanza("./x.deb"));
  PackagesReader reader(source, "'Packages'");
  const PackageRecord expected = {.name = "bash",
                                  .version = "5.2-2+b8",
                                  .architecture = "amd64",
                                  .filename = "pool/main/b/bash/bash_5.2_amd64.deb",
                                  .size = 42,
                                  .digest = Digest::parse_hex(kDigest),
                                  .multi_arch = MultiArch::foreign,
                                  .essential = true};
  EXPECT_EQ(reader.next(), expected);
  EXPECT_EQ(reader.next()->filename, "x.deb");
  EXPECT_FALSE(reader.next());
}

TEST(PackagesIndex, RefusesFilenamesThatLeave) {
  for (const char* filename : {"/etc/passwd", "../x.deb", "pool/../../x.deb", "pool//x.deb",
                               "http://a/x.deb", "pool/x.deb?y", "pool/a b.deb", "pool/x/"}) {
    EXPECT_EQ(failure(stanza(filename)), std::string("stamp: error: the Filename '") + filename +
                                             "' is no path inside an archive\n");
  }
}

TEST(PackagesIndex, RefusesMissingOrMalformedFields) {
  EXPECT_EQ(failure("Package: bash\n"), "stamp: error: the field 'Version' is missing\n");
  EXPECT_EQ(failure("Package: Bash\nVersion: 1\nArchitecture: all\n"),
            "stamp: error: 'Bash' cannot name a package\n");
  EXPECT_EQ(failure("Package: ../x\nVersion: 1\nArchitecture: all\n"),
            "stamp: error: '../x' cannot name a package\n");
  EXPECT_EQ(failure("Package: x\nVersion: 1/2\nArchitecture: all\n"),
            "stamp: error: '1/2' is no version\n");
  EXPECT_EQ(failure("Package: x\nVersion: 1\nArchitecture: a/b\n"),
            "stamp: error: 'a/b' is no architecture\n");
  EXPECT_EQ(failure(stanza("x.deb", "Multi-Arch: maybe\n")),
            "stamp: error: 'maybe' is no value of Multi-Arch\n");
  EXPECT_EQ(
      failure("Package: x\nVersion: 1\nArchitecture: all\nFilename: x\nSize: -1\nSHA256: x\n"),
      "stamp: error: the Size '-1' is no number\n");
}

}  // namespace
}  // namespace stamp::debian
