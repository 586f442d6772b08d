#include "workspace/lock.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace stamp::workspace {
namespace {

Lock small_lock() {
  Lock lock;
  lock.recipe = Digest::of(std::string_view("recipe"));
  lock.inputs = Digest::of(std::string_view("inputs"));
  lock.epoch = 1795132800;
  lock.encoder = {"zstd", "1.5.4", "3"};
  lock.keys = {{"4CB50190207B4758A3F73A796ED0E7B82643E131", "bWFkZSB1cA=="}};
  lock.releases = {{.source = "debian",
                    .archive = "https://snapshot.debian.org/archive/debian",
                    .suite = "bookworm",
                    .origin = "Debian",
                    .codename = "bookworm",
                    .date = 1795132800,
                    .key = "4CB50190207B4758A3F73A796ED0E7B82643E131",
                    .digest = Digest::of(std::string_view("release")),
                    .size = 151082,
                    .snapshot = "20261120T000000Z"}};
  LockedPlatform& platform = lock.platforms["linux/amd64"];
  platform.packages = {{"dumb-init", "1.2.5-2", "amd64", "pool/main/d/dumb-init/d.deb", 10,
                        Digest::of(std::string_view("d")), "debian", "bookworm", "named", 0},
                       {"bash", "5.2.15-2+b2", "amd64", "pool/main/b/bash/b.deb", 1491168,
                        Digest::of(std::string_view("b")), "debian", "bookworm", "essential", 0}};
  return lock;
}

Lock full_lock() {
  Lock lock = small_lock();
  lock.releases[0].valid_until = 1795737600;
  LockedPlatform& platform = lock.platforms["linux/amd64"];
  platform.archives = {
      {"https://example.org/\"quoted\\\x01é", Digest::of(std::string_view("a")), 7}};
  platform.bases = {
      {"layout:base", Digest::of(std::string_view("base")), 1795132800},
      {"image:registry.example/x:1@" + Digest::of(std::string_view("top")).str(),
       Digest::of(std::string_view("below")), std::nullopt, "bin lib sbin", "debian bookworm"}};
  lock.platforms["linux/arm64"];
  lock.users = {{"messagebus", 100}};
  lock.groups = {{"crontab", 101}, {"_ssh", 105}};
  LockedResult result{.digest = Digest::of(std::string_view("index"))};
  result.platforms["linux/amd64"] = {
      .digest = Digest::of(std::string_view("manifest")),
      .size = 600,
      .layers = {{Digest::of(std::string_view("2")), Digest::of(std::string_view("3")), 5},
                 {Digest::of(std::string_view("0")), Digest::of(std::string_view("1")), 4}}};
  lock.result = result;
  return lock;
}

/// The text of a lock whose checksum is right although `from` became `to` in it.
std::string changed(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) ADD_FAILURE() << from << " is not there";
  text.replace(at, from.size(), to);
  constexpr std::size_t kStart = 24;  // of the digits: {⏎··"checksum": "sha256:
  const Digest checksum = Digest::of(std::string_view(text).substr(kStart + 64 + 3));
  text.replace(kStart, 64, checksum.hex());
  return text;
}

std::string failure(std::string_view text) {
  try {
    parse_lock("app/stamp.lock", text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    return error.headline();
  }
  return "no error";
}

/// The first line of what parsing says.
std::string message(std::string_view text) {
  const std::string all = failure(text);
  return all.substr(0, all.find('\n'));
}

TEST(Lock, HasOneRecordOnEachLine) {
  EXPECT_EQ(
      serialize(small_lock()),
      "{\n"
      "  \"checksum\": "
      "\"sha256:dbaa77975b73ae58cb0aa30d620c1db8814cc75bfe0dc42aa25a9a5fdfdccb62\",\n"
      "  \"encoder\": {\"level\": \"3\", \"name\": \"zstd\", \"version\": \"1.5.4\"},\n"
      "  \"epoch\": \"2026-11-20T00:00:00Z\",\n"
      "  \"format\": 1,\n"
      "  \"groups\": [],\n"
      "  \"inputs\": \"" +
          Digest::of(std::string_view("inputs")).str() +
          "\",\n"
          "  \"keys\": [\n"
          "    {\"fingerprint\": \"4CB50190207B4758A3F73A796ED0E7B82643E131\", \"key\": "
          "\"bWFkZSB1cA==\"}\n"
          "  ],\n"
          "  \"platforms\": {\n"
          "    \"linux/amd64\": {\n"
          "      \"archives\": [],\n"
          "      \"bases\": [],\n"
          "      \"packages\": [\n"
          "        {\"architecture\": \"amd64\", \"digest\": \"" +
          Digest::of(std::string_view("b")).str() +
          "\", \"layer\": 0, \"name\": \"bash\", "
          "\"path\": \"pool/main/b/bash/b.deb\", \"size\": 1491168, \"source\": \"debian\", "
          "\"suite\": \"bookworm\", \"version\": \"5.2.15-2+b2\", \"why\": \"essential\"},\n"
          "        {\"architecture\": \"amd64\", \"digest\": \"" +
          Digest::of(std::string_view("d")).str() +
          "\", \"layer\": 0, \"name\": \"dumb-init\", "
          "\"path\": \"pool/main/d/dumb-init/d.deb\", \"size\": 10, \"source\": \"debian\", "
          "\"suite\": \"bookworm\", \"version\": \"1.2.5-2\", \"why\": \"named\"}\n"
          "      ]\n"
          "    }\n"
          "  },\n"
          "  \"recipe\": \"" +
          Digest::of(std::string_view("recipe")).str() +
          "\",\n"
          "  \"releases\": [\n"
          "    {\"archive\": \"https://snapshot.debian.org/archive/debian\", \"codename\": "
          "\"bookworm\", \"date\": \"2026-11-20T00:00:00Z\", \"digest\": \"" +
          Digest::of(std::string_view("release")).str() +
          "\", \"key\": "
          "\"4CB50190207B4758A3F73A796ED0E7B82643E131\", \"origin\": \"Debian\", \"size\": 151082, "
          "\"snapshot\": \"20261120T000000Z\", \"source\": \"debian\", \"suite\": \"bookworm\", "
          "\"valid_until\": null}\n"
          "  ],\n"
          "  \"users\": []\n"
          "}\n");
}

TEST(Lock, WhatIsWrittenIsRead) {
  const std::string text = serialize(full_lock());
  const Lock lock = parse_lock("app/stamp.lock", text);
  EXPECT_EQ(serialize(lock), text);
  EXPECT_EQ(lock.platforms.at("linux/amd64").archives[0].url,
            "https://example.org/\"quoted\\\x01é");
  EXPECT_EQ(lock.platforms.at("linux/amd64").packages[0].name, "bash");
  EXPECT_EQ(lock.releases[0].valid_until, 1795737600);
  ASSERT_TRUE(lock.result.has_value());
  EXPECT_EQ(lock.result->platforms.at("linux/amd64").layers[0].size, 5U);
  EXPECT_EQ(lock.groups[0].name, "_ssh");
  EXPECT_EQ(parse_lock("app/stamp.lock", serialize(small_lock())).result, std::nullopt);
}

TEST(Lock, FindsReleases) {
  const Lock lock = small_lock();
  EXPECT_EQ(lock.find_release("debian", "bookworm"), &lock.releases[0]);
  EXPECT_EQ(lock.find_release("debian", "trixie"), nullptr);
}

TEST(Lock, RefusesAnotherFormat) {
  EXPECT_EQ(failure(changed(serialize(small_lock()), "\"format\": 1", "\"format\": 2")),
            "app/stamp.lock:5:13: format 2 of stamp.lock; this program reads 1\n"
            "    \"format\": 2,\n"
            "              ^");
}

TEST(Lock, RefusesAnEditedLock) {
  std::string text = serialize(small_lock());
  text.replace(text.find("1491168"), 7, "1491169");
  EXPECT_EQ(message(text),
            "app/stamp.lock:2:15: the lock does not match its checksum: it was edited or merged by "
            "hand");
  try {
    parse_lock("app/stamp.lock", text);
  } catch (const Error& error) {
    EXPECT_EQ(error.details().hint,
              "restore the file from version control, or delete it and run: stamp lock");
  }
}

TEST(Lock, RefusesOtherFields) {
  const std::string text = serialize(small_lock());
  EXPECT_EQ(message(changed(text, "  \"groups\": [],\n", "")),
            "app/stamp.lock:6:3: field 'inputs', where 'groups' must be");
  EXPECT_EQ(message(changed(text, "\"name\": \"bash\"", "\"nme\": \"bash\"")),
            "app/stamp.lock:16:132: field 'nme', where 'name' must be");
  EXPECT_EQ(message(changed(text, "\"users\": []\n", "\"users\": [],\n  \"zeal\": 1\n")),
            "app/stamp.lock:25:14: expected '\\n' here");
  EXPECT_EQ(message(changed(text, "\"size\": 10,", "\"size\": 10, \"size\": 10,")),
            "app/stamp.lock:17:204: field 'size', where 'source' must be");
}

TEST(Lock, RefusesAnotherOrder) {
  Lock lock = small_lock();
  const std::string text = serialize(lock);
  const std::string renamed = changed(text, "\"name\": \"bash\"", "\"name\": \"zash\"");
  EXPECT_EQ(message(renamed),
            "app/stamp.lock:17:9: 'packages' is out of order, or has an entry twice");
  const std::string twice = changed(text, "\"name\": \"bash\"", "\"name\": \"dumb-init\"");
  EXPECT_EQ(message(twice),
            "app/stamp.lock:17:9: 'packages' is out of order, or has an entry twice");
  lock.platforms["linux/arm64"];
  const std::string platforms = changed(serialize(lock), "\"linux/amd64\"", "\"linux/s390x\"");
  EXPECT_EQ(message(platforms),
            "app/stamp.lock:20:5: 'platforms' is out of order, or has an entry twice");
}

TEST(Lock, RefusesAnotherLayout) {
  const std::string text = serialize(small_lock());
  EXPECT_EQ(message(changed(text, "  \"epoch\"", "   \"epoch\"")),
            "app/stamp.lock:4:3: expected '\"epoch\": ' here");
  EXPECT_EQ(message(text + "\n"), "app/stamp.lock:27:1: nothing may follow the lock");
  EXPECT_EQ(message("[]"), "app/stamp.lock:1:1: expected '{' here");
  EXPECT_EQ(message(changed(text, "\n    {\"fing", " {\"fing")),
            "app/stamp.lock:8:12: expected '\\n' here");
}

TEST(Lock, RefusesATruncatedLock) {
  const std::string text = serialize(full_lock());
  for (std::size_t length = 0; length < text.size(); ++length) {
    const std::string said = message(std::string_view(text).substr(0, length));
    EXPECT_NE(said.find("cut short"), std::string::npos) << length << ": " << said;
  }
}

TEST(Lock, RefusesMergeMarkers) {
  const std::string text = serialize(small_lock());
  EXPECT_EQ(message(changed(text, "        {\"architecture\"",
                            "<<<<<<< HEAD\n        {\"architecture\"")),
            "app/stamp.lock:16:1: a merge conflict that was not resolved");
  EXPECT_EQ(message("<<<<<<< HEAD\n" + text),
            "app/stamp.lock:1:1: a merge conflict that was not resolved");
  EXPECT_EQ(message(changed(text, "  \"encoder\"", "=======\n  \"encoder\"")),
            "app/stamp.lock:3:1: a merge conflict that was not resolved");
}

TEST(Lock, RefusesOtherValues) {
  const std::string text = serialize(small_lock());
  EXPECT_EQ(
      message(changed(text, "\"inputs\": \"sha256:", "\"inputs\": \"sha1:")),
      "app/stamp.lock:7:13: 'inputs' must be \"sha256:\" and 64 lower-case hexadecimal digits");
  EXPECT_EQ(message(changed(text, "\"size\": 10,", "\"size\": 010,")),
            "app/stamp.lock:17:200: 'size' must be a whole number of at most 18446744073709551615");
  EXPECT_EQ(message(changed(text, "\"size\": 10,", "\"size\": 1.5,")),
            "app/stamp.lock:17:201: expected ', ' here");
  EXPECT_EQ(message(changed(text, "\"layer\": 0", "\"layer\": 4294967296")),
            "app/stamp.lock:16:129: 'layer' must be a whole number of at most 4294967295");
  EXPECT_EQ(message(changed(text, "\"named\"", "\"na\\u0041med\"")),
            "app/stamp.lock:17:277: an escape that a lock does not have");
  EXPECT_EQ(message(changed(text, "\"named\"", "\"na\xC3med\"")),
            "app/stamp.lock:17:274: text that is not UTF-8, or a control character");
  EXPECT_EQ(message(changed(text, "\"linux/amd64\"", "\"Linux\"")),
            "app/stamp.lock:12:5: 'Linux' is not a platform");
  EXPECT_EQ(message(changed(text, "\"epoch\": \"2026-11-20T00:00:00Z\"",
                            "\"epoch\": \"2026-02-30T00:00:00Z\"")),
            "'2026-02-30T00:00:00Z' is not a time of the form 2026-11-20T00:00:00Z");
}

TEST(Lock, WhatABaseHasIsThereOnlyWherePackagesAreOnIt) {
  Lock lock = small_lock();
  lock.platforms["linux/amd64"].bases = {{"layout:base", Digest::of(std::string_view("base"))}};
  EXPECT_EQ(serialize(lock).find("merged"), std::string::npos);
  lock.platforms["linux/amd64"].bases[0].merged = "";
  lock.platforms["linux/amd64"].bases[0].system = "unknown";
  const std::string text = serialize(lock);
  EXPECT_NE(text.find("\"merged\": \"\", \"reference\": \"layout:base\", \"system\": \"unknown\"}"),
            std::string::npos)
      << text;
  const Lock read = parse_lock("stamp.lock", text);
  EXPECT_EQ(read.platforms.at("linux/amd64").bases, lock.platforms.at("linux/amd64").bases);
  EXPECT_EQ(serialize(read), text);
}

}  // namespace
}  // namespace stamp::workspace
