#include "oci/reference.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/expect_error.h"

namespace stamp::oci {
namespace {

constexpr const char* kDigest =
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::string why_not(const std::string& text) {
  return message_of([&] { static_cast<void>(Reference::parse(text)); });
}

TEST(Reference, NamesEveryPart) {
  const Reference reference =
      Reference::parse(std::string("Registry.example:5000/home/app:1.4@") + kDigest);
  EXPECT_EQ(reference.host, "registry.example:5000");
  EXPECT_EQ(reference.repository, "home/app");
  EXPECT_EQ(reference.tag, "1.4");
  EXPECT_EQ(reference.digest, Digest::parse(kDigest));
  EXPECT_EQ(reference.str(), std::string("registry.example:5000/home/app:1.4@") + kDigest);
  EXPECT_EQ(reference.repository_str(), "registry.example:5000/home/app");
}

TEST(Reference, WithoutAHostIsOnDockerIo) {
  EXPECT_EQ(Reference::parse("debian").str(), "docker.io/library/debian");
  EXPECT_EQ(Reference::parse("debian:12").str(), "docker.io/library/debian:12");
  EXPECT_EQ(Reference::parse("team/app").str(), "docker.io/team/app");
  EXPECT_EQ(Reference::parse("index.docker.io/debian").str(), "docker.io/library/debian");
  EXPECT_EQ(Reference::parse("docker.io/a/b/c").str(), "docker.io/a/b/c");
}

TEST(Reference, MakesNoTagUp) {
  EXPECT_EQ(Reference::parse("registry.example/a").tag, "");
  EXPECT_FALSE(Reference::parse("registry.example/a").digest);
}

TEST(Reference, TellsAPortFromATag) {
  EXPECT_EQ(Reference::parse("localhost:5000/a").host, "localhost:5000");
  EXPECT_EQ(Reference::parse("localhost/a").host, "localhost");
  EXPECT_EQ(Reference::parse("a:5000/b").host, "a:5000");
  EXPECT_EQ(Reference::parse("[::1]:5000/b:t").host, "[::1]:5000");
  EXPECT_EQ(Reference::parse("127.0.0.1:5000/b:t").tag, "t");
  EXPECT_EQ(Reference::parse("a:5000").tag, "5000");
}

TEST(Reference, TakesTheJointsOfTheSpec) {
  for (const char* good : {"a", "a.b", "a_b", "a__b", "a-b", "a---b", "0/1-2/a.b_c"}) {
    EXPECT_TRUE(is_repository(good)) << good;
  }
  for (const char* bad : {"", "/", "a/", "/a", "a//b", "a..b", "a___b", ".a", "a.", "a-", "-a",
                          "a._b", "A", "a b", "a%2fb", "..", "a/../b", "ä"}) {
    EXPECT_FALSE(is_repository(bad)) << bad;
  }
}

TEST(Reference, KnowsTags) {
  EXPECT_TRUE(is_tag("1.4-rc_1"));
  EXPECT_TRUE(is_tag("_"));
  EXPECT_TRUE(is_tag(std::string(128, 'a')));
  EXPECT_FALSE(is_tag(std::string(129, 'a')));
  for (const char* bad : {"", ".a", "-a", "a/b", "a b", "a:b"}) EXPECT_FALSE(is_tag(bad)) << bad;
}

TEST(Reference, SaysWhatIsWrong) {
  EXPECT_EQ(why_not("registry.example/App"),
            "stamp: error: cannot use the image 'registry.example/App': the repository must be in "
            "lower case\n");
  EXPECT_EQ(why_not("registry.example/a//b"),
            "stamp: error: cannot use the image 'registry.example/a//b': the repository is "
            "malformed\n");
  EXPECT_EQ(why_not(""), "stamp: error: cannot use the image '': the repository is malformed\n");
  EXPECT_EQ(why_not("registry.example/a:"),
            "stamp: error: cannot use the image 'registry.example/a:': the tag is malformed\n");
  EXPECT_EQ(
      why_not("-x.example/a"),
      "stamp: error: cannot use the image '-x.example/a': the registry's host is malformed\n");
  EXPECT_EQ(why_not("a:99999/b"),
            "stamp: error: cannot use the image 'a:99999/b': the registry's host is malformed\n");
  EXPECT_EQ(why_not("https://registry.example/a"),
            "stamp: error: cannot use the image 'https://registry.example/a': it starts with a "
            "scheme\n  try: leave it out: registry.example/app\n");
  EXPECT_EQ(
      why_not(std::string("a@") + kDigest + "@x"),
      std::string("stamp: error: cannot use the image 'a@") + kDigest + "@x': it has two '@'\n");
  EXPECT_EQ(kind_of([] { static_cast<void>(Reference::parse("a@sha256:../x")); }),
            ErrorKind::invalid);
  EXPECT_EQ(kind_of([] { static_cast<void>(Reference::parse("a@sha512:00")); }),
            ErrorKind::invalid);
}

TEST(Reference, EscapesAndBoundsWhatItQuotes) {
  EXPECT_EQ(why_not("a\x1b[31m"),
            "stamp: error: cannot use the image 'a\\x1b[31m': the repository is malformed\n");
  EXPECT_EQ(why_not("registry.example/" + std::string(250, 'a')),
            "stamp: error: cannot use the image 'registry.example/" + std::string(250, 'a') +
                "': the name is longer than 255 bytes\n");
}

TEST(Reference, ARepositoryHasNoTag) {
  EXPECT_EQ(Reference::parse_repository("registry.example/a").str(), "registry.example/a");
  EXPECT_EQ(
      message_of([] { static_cast<void>(Reference::parse_repository("registry.example/a:1")); }),
      "stamp: error: cannot use the image 'registry.example/a:1': a repository is wanted, "
      "without tag and digest\n  try: leave out what follows the name: "
      "registry.example/a\n");
}

}  // namespace
}  // namespace stamp::oci
