#include "workspace/stamp_yaml.h"

#include <gtest/gtest.h>

#include "tests/workspace/problems.h"

namespace stamp::workspace {
namespace {

std::string problems_of(std::string text) {
  std::vector<Diagnostic> problems;
  parse_settings("stamp.yaml", std::move(text), "/ws", problems);
  return messages(problems);
}

TEST(StampYaml, ReadsEverything) {
  std::vector<Diagnostic> problems;
  const Settings settings =
      parse_settings("stamp.yaml",
                     "stamp: 1\n"
                     "defaults:\n"
                     "  platforms: [linux/amd64, arm64]\n"
                     "  compression: gzip\n"
                     "publish:\n"
                     "  repository: registry.example/home/{name}\n"
                     "sources:\n"
                     "  debian:\n"
                     "    archive: https://snapshot.debian.org/archive/debian/\n"
                     "    suites: [bookworm, bookworm-updates]\n"
                     "    components: [main, contrib]\n"
                     "    keyring: /usr/share/keyrings/debian.gpg\n"
                     "  debian-security:\n"
                     "    archive: file:///srv/security\n"
                     "    suites: [bookworm-security]\n"
                     "    keyring: keys/security.gpg\n"
                     "cache: {repository: registry.example/home/cache}\n"
                     "pin:\n"
                     "  manifests: [../cluster]\n",
                     "/ws", problems);
  EXPECT_EQ(messages(problems), "");
  ASSERT_EQ(settings.platforms.size(), 2U);
  EXPECT_EQ(settings.platforms[1].str(), "linux/arm64");
  EXPECT_EQ(settings.compression, layer::Compression::gzip);
  EXPECT_EQ(settings.repository, "registry.example/home/{name}");
  EXPECT_EQ(settings.cache_repository, "registry.example/home/cache");
  ASSERT_EQ(settings.sources.size(), 2U);
  EXPECT_EQ(settings.sources[0].archive, "https://snapshot.debian.org/archive/debian");
  EXPECT_EQ(settings.sources[0].components, (std::vector<std::string>{"main", "contrib"}));
  EXPECT_EQ(settings.sources[1].components, (std::vector<std::string>{"main"}));
  EXPECT_EQ(settings.sources[1].keyring, "/ws/keys/security.gpg");
  EXPECT_EQ(settings.manifests, (std::vector<std::string>{"../cluster"}));
  EXPECT_EQ(settings.find_source("debian-security"), &settings.sources[1]);
  EXPECT_EQ(settings.find_source("ubuntu"), nullptr);
}

TEST(StampYaml, HasDefaults) {
  std::vector<Diagnostic> problems;
  const Settings settings = parse_settings("stamp.yaml", "stamp: 1\n", "/ws", problems);
  EXPECT_TRUE(problems.empty());
  ASSERT_EQ(settings.platforms.size(), 1U);
  EXPECT_EQ(settings.platforms[0].str(), "linux/amd64");
  EXPECT_EQ(settings.compression, layer::Compression::zstd);
}

TEST(StampYaml, RefusesAnotherFormatAndNothingElse) {
  EXPECT_EQ(problems_of("stamp: 2\nnew: things\n"),
            "1:8 format 2 of stamp.yaml; this program reads 1\n");
  EXPECT_EQ(problems_of("defaults: {}\n"),
            "1:1 stamp.yaml has no 'stamp'; its first line is \"stamp: 1\"\n");
  EXPECT_EQ(problems_of("stamp: [1]\n"), "1:8 'stamp' must be a number, not a list\n");
  EXPECT_EQ(problems_of(""), "1:1 stamp.yaml must be a mapping, not nothing\n");
}

TEST(StampYaml, ReportsAllProblems) {
  EXPECT_EQ(problems_of("stamp: 1\n"
                        "defualts: {}\n"
                        "defaults: {platforms: [], compression: lz4}\n"
                        "publish: {repository: \"r/{nam}\"}\n"
                        "sources:\n"
                        "  Debian: {archive: ftp://x/y, suites: [], keyring: k}\n"
                        "  debian: {suites: [a, a, ../b], components: main}\n"
                        "  local: {archive: file://host/x, suites: [s], keyring: k}\n"
                        "pin: {manifests: [1]}\n"),
            "2:1 unknown key 'defualts' in stamp.yaml; did you mean 'defaults'?\n"
            "3:23 'platforms' is empty; an image has at least one\n"
            "3:40 unknown compression 'lz4'; known: zstd, gzip, none\n"
            "4:23 unknown placeholder '{nam}' in 'repository'; only {name} is filled in\n"
            "6:3 'Debian' cannot be the name of a source: letters a to z and digits, with single "
            "'.', '_' or '-' between\n"
            "6:21 'ftp://x/y' is not a URL that can be used: it must start with http://, https:// "
            "or file:///\n"
            "6:40 'suites' is empty\n"
            "7:11 source 'debian' has no 'archive'\n"
            "7:24 'a' is named twice in 'suites'\n"
            "7:27 '../b' cannot be one of 'suites'\n"
            "7:46 'components' must be a list, not a text\n"
            "7:11 source 'debian' has no 'keyring'\n"
            "8:20 'file://host/x' is not a URL that can be used: a file URL has no host: "
            "file:///…\n"
            "9:19 each of 'manifests' must be a text, not a number; quote it: \"1\"\n");
}

TEST(StampYaml, NeverShowsCredentials) {
  const std::string problems = problems_of(
      "stamp: 1\n"
      "sources: {d: {archive: \"https://me:secret@example.org/d\", suites: [s], keyring: k}}\n");
  EXPECT_EQ(problems, "2:24 the URL 'https://…@example.org' holds credentials\n");
}

TEST(StampYaml, SaysNothingOfKeysWhenTheTextIsNoYaml) {
  EXPECT_EQ(problems_of("stamp: 1\nfoo: 'x\n"),
            "2:7 not valid YAML: single-quoted scalar without closing quote\n");
}

}  // namespace
}  // namespace stamp::workspace
