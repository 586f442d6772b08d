#include "workspace/user_settings.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/temp_file.h"
#include "tests/workspace/problems.h"

namespace stamp::workspace {
namespace {

using Places = std::vector<std::string>;

UserSettings settings_of(std::string text) {
  std::vector<Diagnostic> problems;
  UserSettings settings = parse_user_settings("config.yaml", std::move(text), problems);
  EXPECT_EQ(messages(problems), "");
  return settings;
}

TEST(UserSettings, WithoutAFileTheHostsMirrorIsTried) {
  const TempDir folder;
  const UserSettings settings = load_user_settings(folder.path() / "config.yaml");
  EXPECT_EQ(settings.places_for("https://snapshot.debian.org/archive/debian"), Places{"host-apt"});
}

TEST(UserSettings, ReadsEverything) {
  const UserSettings settings = settings_of(
      "mirrors:\n"
      "  https://snapshot.debian.org/archive: [http://mirror.example/all/, host-apt]\n"
      "  https://snapshot.debian.org/archive/debian-security/: [file:///srv/security]\n"
      "registries:\n"
      "  localhost:5000: {plain-http: true, ca-file: /etc/ca.pem, concurrency: 4,\n"
      "                   token-servers: [\"https://auth.example/\", \"http://127.0.0.1:5001\"]}\n"
      "cache: {folder: /var/cache/stamp, size: 20G}\n");
  EXPECT_EQ(settings.places_for("https://snapshot.debian.org/archive/debian"),
            (Places{"http://mirror.example/all/debian", "host-apt"}));
  EXPECT_EQ(settings.places_for("https://snapshot.debian.org/archive/debian-security"),
            Places{"file:///srv/security"});
  EXPECT_EQ(settings.places_for("https://snapshot.debian.org/archives"), Places{"host-apt"});
  const RegistrySettings& registry = settings.registries.at("localhost:5000");
  EXPECT_TRUE(registry.plain_http);
  EXPECT_EQ(registry.ca_file, "/etc/ca.pem");
  EXPECT_EQ(registry.concurrency, 4U);
  EXPECT_EQ(registry.token_servers, (Places{"https://auth.example", "http://127.0.0.1:5001"}));
  EXPECT_EQ(settings.cache_folder, "/var/cache/stamp");
  EXPECT_EQ(settings.cache_size, std::uint64_t{20} << 30U);
}

TEST(UserSettings, AnEmptyFileHasNoSettings) {
  EXPECT_TRUE(settings_of("# nothing\n").mirrors.empty());
}

TEST(UserSettings, AMirrorListCanBeEmpty) {
  EXPECT_EQ(settings_of("mirrors: {\"https://a.example\": []}\n").places_for("https://a.example/x"),
            Places{});
}

TEST(UserSettings, RegistriesHaveMirrorsByHost) {
  const UserSettings settings = settings_of(
      "mirrors:\n"
      "  index.docker.io: [\"https://mirror.example/\", \"http://127.0.0.1:5000\"]\n"
      "  localhost:5000: []\n");
  EXPECT_TRUE(settings.mirrors.empty());
  EXPECT_EQ(settings.registry_mirrors.at("docker.io"),
            (Places{"https://mirror.example", "http://127.0.0.1:5000"}));
  EXPECT_EQ(settings.registry_mirrors.at("localhost:5000"), Places{});
  std::vector<Diagnostic> problems;
  parse_user_settings("config.yaml",
                      "mirrors:\n"
                      "  docker.io/library: [\"https://mirror.example\"]\n"
                      "  registry.example: [host-apt, \"https://mirror.example/path\"]\n",
                      problems);
  EXPECT_EQ(messages(problems),
            "2:3 'docker.io/library' is neither the URL of an archive nor the host of a registry\n"
            "3:22 'host-apt' is not a URL that can be used: it must start with http://, https:// "
            "or file:///\n"
            "3:32 'https://mirror.example/path' is not a server; write it as "
            "https://server.example\n");
}

TEST(UserSettings, SizesHaveUnits) {
  EXPECT_EQ(settings_of("cache: {size: 1000}\n").cache_size, 1000U);
  EXPECT_EQ(settings_of("cache: {size: 2KiB}\n").cache_size, 2048U);
  EXPECT_EQ(settings_of("cache: {size: 3MB}\n").cache_size, 3U << 20U);
}

TEST(UserSettings, ReportsAllProblems) {
  std::vector<Diagnostic> problems;
  parse_user_settings("config.yaml",
                      "mirors: {}\n"
                      "mirrors: {\"https://x\": [mirror, \"http://u@h/\"], y: z}\n"
                      "registries: {r: {plain-http: 1, ca-file: ca.pem, concurrency: 100,\n"
                      "  token-servers: [\"https://auth.example/token\", auth.example]}}\n"
                      "cache: {size: 20X, folder: here}\n",
                      problems);
  EXPECT_EQ(
      messages(problems),
      "1:1 unknown key 'mirors' in config.yaml; did you mean 'mirrors'?\n"
      "2:25 'mirror' is not a URL that can be used: it must start with http://, https:// or "
      "file:///\n"
      "2:33 the URL 'http://…@h' holds credentials\n"
      "2:49 'y' is neither the URL of an archive nor the host of a registry\n"
      "2:52 the mirrors of 'y' must be a list, not a text\n"
      "3:30 'plain-http' must be true or false, not a number\n"
      "3:42 'ca-file' must be an absolute path\n"
      "3:63 'concurrency' must be at most 64\n"
      "4:19 'https://auth.example/token' is not a server; write it as https://server.example\n"
      "4:49 'auth.example' is not a URL that can be used: it must start with http://, "
      "https:// or file:///\n"
      "5:28 'folder' must be an absolute path\n"
      "5:15 '20X' is not a size; write it as 20G or 512M\n");
}

TEST(UserSettings, HowTheCacheIsShared) {
  std::vector<Diagnostic> problems;
  const SharedCacheSettings shared =
      parse_user_settings("config.yaml",
                          "cache: {repository: registry.example/home/cache, signing-key: /k,\n"
                          "  trusted-keys: [/a.pub, /b.pub]}\n",
                          problems)
          .shared_cache;
  EXPECT_EQ(messages(problems), "");
  EXPECT_EQ(shared.repository, "registry.example/home/cache");
  EXPECT_EQ(shared.signing_key, "/k");
  EXPECT_EQ(shared.trusted_keys, (std::vector<std::filesystem::path>{"/a.pub", "/b.pub"}));
}

TEST(UserSettings, KeysAreNamedByAbsolutePaths) {
  std::vector<Diagnostic> problems;
  parse_user_settings("config.yaml",
                      "cache: {repository: Registry.example/UPPER, signing-key: k,\n"
                      "  trusted-keys: [a.pub]}\n",
                      problems);
  EXPECT_EQ(messages(problems),
            "1:21 cannot use the image 'Registry.example/UPPER': the repository must be in lower "
            "case\n"
            "1:58 'signing-key' must be an absolute path\n"
            "2:18 each of 'trusted-keys' must be an absolute path\n");
}

TEST(UserSettings, AFileWithProblemsIsRefused) {
  const TempDir folder;
  replace_file(folder.path() / "config.yaml", "cache: 1\n");
  try {
    load_user_settings(folder.path() / "config.yaml");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    EXPECT_EQ(error.headline(), (folder.path() / "config.yaml").string() +
                                    ":1:8: 'cache' must be a mapping, not a number\n"
                                    "  cache: 1\n"
                                    "         ^");
  }
}

}  // namespace
}  // namespace stamp::workspace
