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
                     "  manifests: [../cluster]\n"
                     "  paths:\n"
                     "    - {kind: Widget, path: 'spec.images[*].\"a.b\"'}\n"
                     "    - {file: \"*.conf.yaml\", path: image}\n",
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
  EXPECT_EQ(
      settings.pin,
      (PinSettings{{"../cluster"},
                   {{"", "Widget", "spec.images[*].\"a.b\""}, {"*.conf.yaml", "", "image"}}}));
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

TEST(StampYaml, ReportsWhatIsWrongWithPaths) {
  EXPECT_EQ(problems_of("stamp: 1\n"
                        "pin:\n"
                        "  paths:\n"
                        "    - spec.image\n"
                        "    - {kind: Widget}\n"
                        "    - {path: a, knd: b}\n"
                        "    - {path: 'a..b'}\n"
                        "    - {path: 'a[x]'}\n"
                        "    - {path: 'a[0'}\n"
                        "    - {path: 'a[0]b'}\n"
                        "    - {path: '\"a'}\n"
                        "    - {path: 'a\"b'}\n"
                        "    - {path: 'a.'}\n"
                        "    - {path: 7, file: 'a[', kind: [A]}\n"),
            "4:7 an item of 'paths' must be a mapping, not a text\n"
            "5:7 an item of 'paths' has no 'path'\n"
            "6:17 unknown key 'knd' in an item of 'paths'; did you mean 'kind'?\n"
            "7:14 'a..b' is no path: a step is empty\n"
            "8:14 'a[x]' is no path: between '[' and ']' stands a number from 0, or '*'\n"
            "9:14 'a[0' is no path: a '[' has no ']'\n"
            "10:14 'a[0]b' is no path: steps are joined by '.'\n"
            "11:14 '\"a' is no path: a quote is not closed\n"
            "12:14 'a\"b' is no path: a key with '\"' or ']' has to be in quotes as a whole\n"
            "13:14 'a.' is no path: a step is empty\n"
            "14:23 'a[' is not a pattern: a '[' is not closed\n"
            "14:35 'kind' must be a text, not a list\n"
            "14:14 'path' must be a text, not a number; quote it: \"7\"\n");
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
