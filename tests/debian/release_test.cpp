#include "debian/release.h"

#include <string>

#include <gtest/gtest.h>

#include "base/time.h"
#include "tests/expect_error.h"

namespace stamp::debian {
namespace {

const std::string kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const std::string kOther = "f61f27bd17de546264aa58f40f3aafaac7021e0ef69c17f6b1b4cd7664a037ec";

std::string text_of(const std::string& entries) {
  return "Origin: Debian\nLabel: Debian\nSuite: stable\nCodename: bookworm\nVersion: 12.15\n"
         "Date: Sat, 11 Jul 2026 10:16:37 UTC\nValid-Until: Sat, 18 Jul 2026 10:16:37 UTC\n"
         "Acquire-By-Hash: yes\nArchitectures: all amd64 arm64\n"
         "Components: updates/main contrib\nNo-Support-for-Architecture-all: Packages\n"
         "MD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 main/binary-amd64/Packages\nSHA256:\n" +
         entries;
}

std::string entry(const std::string& digest, int size, const std::string& path) {
  return " " + digest + "  " + std::to_string(size) + " " + path + "\n";
}

const std::string kEntries = entry(kEmpty, 0, "main/binary-amd64/Packages") +
                             entry(kOther, 20, "main/binary-amd64/Packages.gz") +
                             entry(kOther, 32, "main/binary-amd64/Packages.xz");

std::string parse_failure(const std::string& text) {
  return message_of([&] { static_cast<void>(parse_release(text)); });
}

TEST(Release, ReadsItsFields) {
  const Release release = parse_release(text_of(kEntries));
  EXPECT_EQ(release.origin, "Debian");
  EXPECT_EQ(release.suite, "stable");
  EXPECT_EQ(release.codename, "bookworm");
  EXPECT_EQ(release.version, "12.15");
  EXPECT_EQ(format_rfc3339(release.date), "2026-07-11T10:16:37Z");
  EXPECT_EQ(format_rfc3339(*release.valid_until), "2026-07-18T10:16:37Z");
  EXPECT_TRUE(release.acquire_by_hash);
  EXPECT_FALSE(release.separate_all);
  EXPECT_EQ(release.components, (std::vector<std::string>{"main", "contrib"}));
  EXPECT_EQ(release.entries.size(), 3U);
  EXPECT_EQ(release.entries.at("main/binary-amd64/Packages.xz"),
            (ReleaseEntry{32, Digest::parse_hex(kOther)}));
}

TEST(Release, NeedsSha256) {
  EXPECT_EQ(parse_failure(text_of("")),
            "stamp: error: cannot read the Release file: it has no SHA256 entries\n");
  EXPECT_EQ(parse_failure("Date: Sat, 11 Jul 2026 10:16:37 UTC\nSHA1:\n abc 0 x\n"),
            "stamp: error: cannot read the Release file: it has no SHA256 entries\n");
}

TEST(Release, NeedsADate) {
  EXPECT_EQ(parse_failure("Suite: x\nSHA256:\n" + kEntries),
            "stamp: error: cannot read the Release file: it has no date\n");
}

TEST(Release, RefusesPathsThatLeave) {
  for (const char* path : {"../x", "/etc/x", "a/../../x", "a//b", "./x", "a/."}) {
    EXPECT_EQ(parse_failure(text_of(entry(kEmpty, 0, path))),
              std::string("stamp: error: cannot read the Release file: the path '") + path +
                  "' leaves its folder\n");
  }
}

TEST(Release, RefusesMalformedEntries) {
  EXPECT_EQ(parse_failure(text_of(entry(kEmpty, -1, "a"))),
            "stamp: error: cannot read the Release file: ' " + kEmpty +
                "  -1 a' is not digest, size and path\n");
  EXPECT_EQ(parse_failure(text_of(entry(kEmpty, 0, "a b"))),
            "stamp: error: cannot read the Release file: ' " + kEmpty +
                "  0 a b' is not digest, size and path\n");
  EXPECT_EQ(parse_failure(text_of(entry(kEmpty, 0, "a") + entry(kOther, 0, "a"))),
            "stamp: error: cannot read the Release file: 'a' is there twice\n");
}

class CheckRelease : public testing::Test {
 protected:
  std::string failure() const {
    return message_of([&] { check_release(release, expected); });
  }
  static std::string refusal(const std::string& cause) {
    return "stamp: error: cannot use the Release file of 'stable': " + cause + "\n";
  }

  Release release = parse_release(text_of(kEntries));
  ReleaseExpectation expected = {
      .suite = "bookworm", .components = {"main"}, .now = parse_rfc3339("2026-07-12T00:00:00Z")};
};

TEST_F(CheckRelease, AcceptsWhatWasDeclared) {
  EXPECT_EQ(failure(), "");
  expected.suite = "stable";
  expected.locked_date = release.date;
  expected.locked_origin = "Debian";
  expected.locked_codename = "bookworm";
  EXPECT_EQ(failure(), "");
}

TEST_F(CheckRelease, RefusesTheFuture) {
  expected.now = release.date - 10;
  EXPECT_EQ(failure(), "");
  expected.now = release.date - 11;
  EXPECT_EQ(failure(), refusal("its date, 2026-07-11T10:16:37Z, lies in the future (this "
                               "machine's clock says 2026-07-11T10:16:26Z)\n  try: set this "
                               "machine's clock"));
}

TEST_F(CheckRelease, RefusesAnOlderState) {
  expected.locked_date = release.date + 1;
  EXPECT_EQ(failure(),
            refusal("its date, 2026-07-11T10:16:37Z, is older than the locked one, "
                    "2026-07-11T10:16:38Z\n  try: use another mirror: this one is behind, or "
                    "someone replays an old state"));
}

TEST_F(CheckRelease, RefusesWhatExpired) {
  expected.now = *release.valid_until + 1;
  EXPECT_EQ(failure(), refusal("it was valid until 2026-07-18T10:16:37Z (this machine's clock says "
                               "2026-07-18T10:16:38Z)\n  try: use a mirror that is up to date"));
}

TEST_F(CheckRelease, RefusesAnotherSuite) {
  expected.suite = "trixie";
  EXPECT_EQ(failure(),
            refusal("the source declares the suite 'trixie'; this is 'stable' ('bookworm')"));
}

TEST_F(CheckRelease, RefusesAChangedOriginOrCodename) {
  expected.locked_origin = "Ubuntu";
  EXPECT_EQ(failure(), refusal("its origin changed from 'Ubuntu' to 'Debian'"));
  expected.locked_origin.clear();
  expected.suite = "stable";
  expected.locked_codename = "bullseye";
  EXPECT_EQ(failure(), refusal("its codename changed from 'bullseye' to 'bookworm'\n  try: name "
                               "the suite by its codename, so that it stays the same release"));
}

TEST_F(CheckRelease, RefusesAMissingComponent) {
  expected.components = {"main", "non-free"};
  EXPECT_EQ(failure(), refusal("it has no component 'non-free'"));
}

TEST_F(CheckRelease, IndexesAreTheBestCompressed) {
  const std::vector<IndexFile> indexes = packages_indexes(release, "main", "amd64");
  ASSERT_EQ(indexes.size(), 1U);
  EXPECT_EQ(indexes[0].path, "main/binary-amd64/Packages.xz");
  EXPECT_EQ(indexes[0].by_hash, "main/binary-amd64/by-hash/SHA256/" + kOther);
  EXPECT_EQ(indexes[0].compression, IndexCompression::xz);
  EXPECT_EQ(indexes[0].packed.size, 32U);
  EXPECT_EQ(indexes[0].unpacked, (ReleaseEntry{0, Digest::parse_hex(kEmpty)}));
  EXPECT_EQ(message_of([&] { static_cast<void>(packages_indexes(release, "main", "arm64")); }),
            refusal("it has no packages of component 'main' for architecture 'arm64'"));
}

TEST_F(CheckRelease, ArchitectureAllMayHaveAnIndexOfItsOwn) {
  release.entries["main/binary-all/Packages"] = {};
  release.separate_all = true;
  release.acquire_by_hash = false;
  const std::vector<IndexFile> indexes = packages_indexes(release, "main", "amd64");
  ASSERT_EQ(indexes.size(), 2U);
  EXPECT_EQ(indexes[1].path, "main/binary-all/Packages");
  EXPECT_EQ(indexes[1].compression, IndexCompression::none);
  EXPECT_EQ(indexes[1].by_hash, "");
}

TEST(Release, JoinsAddresses) {
  EXPECT_EQ(dists_url("https://a/debian/", "bookworm", "InRelease"),
            "https://a/debian/dists/bookworm/InRelease");
  EXPECT_EQ(pool_url("https://a/debian", "pool/main/b/x.deb"),
            "https://a/debian/pool/main/b/x.deb");
}

}  // namespace
}  // namespace stamp::debian
