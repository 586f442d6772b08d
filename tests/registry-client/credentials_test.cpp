#include "registry-client/credentials.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/temp_file.h"
#include "tests/expect_error.h"

namespace stamp::registry {
namespace {

namespace fs = std::filesystem;

/// A folder with a config.json and, where a test wants them, helpers.
struct Home {
  explicit Home(const std::string& text) { replace_file(file, text); }

  void add_helper(const std::string& name, const std::string& script) const {
    const fs::path program = folder.path() / ("docker-credential-" + name);
    replace_file(program, "#!/bin/sh\n" + script);
    fs::permissions(program, fs::perms::owner_all);
  }
  CredentialStore store() const {
    return CredentialStore({.files = {folder.path() / "none.json", file},
                            .search_path = "relative:" + folder.path().string(),
                            .environment = {"PATH=/usr/bin:/bin"}});
  }
  std::string why_not() const {
    return message_of([&] { static_cast<void>(store().find("registry.example", "app")); });
  }

  TempDir folder;
  fs::path file = folder.path() / "config.json";
};

std::string auth(const std::string& both) {
  return R"({"auth":")" + to_base64(both) + R"("})";
}

TEST(Credentials, WithoutFilesThereAreNone) {
  EXPECT_EQ(CredentialStore().find("registry.example", "app"), std::nullopt);
}

TEST(Credentials, AreFoundByExactHost) {
  const Home home(R"({"auths":{"registry.example":)" + auth("me:a:b") +
                  R"(,"registry.example:5000":)" + auth("you:c") + "}}");
  const CredentialStore store = home.store();
  EXPECT_EQ(store.find("registry.example", "app"),
            (Credentials{.username = "me", .password = "a:b"}));
  EXPECT_EQ(store.find("registry.example:5000", ""),
            (Credentials{.username = "you", .password = "c"}));
  EXPECT_EQ(store.find("example", "app"), std::nullopt);
  EXPECT_EQ(store.find("xregistry.example", "app"), std::nullopt);
  EXPECT_EQ(store.find("registry.example.org", "app"), std::nullopt);
}

TEST(Credentials, TheNarrowestPlaceWins) {
  const Home home(R"({"auths":{"registry.example/team":)" + auth("team:x") +
                  R"(,"registry.example":)" + auth("all:x") + R"(,"registry.example/team/app":)" +
                  auth("app:x") + "}}");
  const CredentialStore store = home.store();
  EXPECT_EQ(store.find("registry.example", "team/app")->username, "app");
  EXPECT_EQ(store.find("registry.example", "team/other")->username, "team");
  EXPECT_EQ(store.find("registry.example", "teamwork")->username, "all");
  EXPECT_EQ(store.find("registry.example", "")->username, "all");
}

TEST(Credentials, DockerIoHasSeveralNames) {
  const Home home(R"({"auths":{"https://index.docker.io/v1/":)" + auth("me:x") + "}}");
  const CredentialStore store = home.store();
  EXPECT_EQ(store.find("docker.io", "library/debian")->username, "me");
  EXPECT_EQ(store.find("registry-1.docker.io", "")->username, "me");
}

TEST(Credentials, KnowsTokens) {
  const Home home(
      R"({"auths":{"a.example":{"identitytoken":"i"},"https://b.example/v2/":{"registrytoken":"r"},
                   "c.example":{"username":"u","password":"p"}}})");
  const CredentialStore store = home.store();
  EXPECT_EQ(store.find("a.example", ""), (Credentials{.identity_token = "i"}));
  EXPECT_EQ(store.find("b.example", ""), (Credentials{.registry_token = "r"}));
  EXPECT_EQ(store.find("c.example", ""), (Credentials{.username = "u", .password = "p"}));
}

TEST(Credentials, AddedOnesWin) {
  const Home home(R"({"auths":{"registry.example":)" + auth("file:x") + "}}");
  CredentialStore store = home.store();
  store.add("registry.example", {.username = "added"});
  EXPECT_EQ(store.find("registry.example", "app")->username, "added");
}

TEST(Credentials, AHelperIsAsked) {
  const Home home(R"({"credHelpers":{"registry.example":"one"},"credsStore":"two"})");
  home.add_helper("one", R"(read -r server; test "$1" = get && echo "{\"ServerURL\":\"x\",)"
                         R"(\"Username\":\"at $server\",\"Secret\":\"s\"}")");
  home.add_helper("two",
                  R"(read -r server; echo "{\"Username\":\"<token>\",\"Secret\":\"$server\"}")");
  const CredentialStore store = home.store();
  EXPECT_EQ(store.find("registry.example", "app"),
            (Credentials{.username = "at registry.example", .password = "s"}));
  EXPECT_EQ(store.find("other.example:5000", "app"),
            (Credentials{.identity_token = "other.example:5000"}));
  EXPECT_EQ(store.find("docker.io", "library/a"),
            (Credentials{.identity_token = "https://index.docker.io/v1/"}));
}

TEST(Credentials, AHelperMayHaveNone) {
  const Home home(R"({"auths":{"registry.example":{}},"credsStore":"none"})");
  home.add_helper("none", "echo 'credentials not found in native keychain'; exit 1");
  EXPECT_EQ(home.store().find("registry.example", "app"), std::nullopt);
}

TEST(Credentials, SaysWhatIsWrongWithAHelper) {
  const Home missing(R"({"credsStore":"missing"})");
  EXPECT_EQ(missing.why_not(),
            "stamp: error: cannot ask the credential helper 'docker-credential-missing': it is not "
            "in PATH\n  try: install it, or take it out of the settings that name it\n");
  const Home named(R"({"credsStore":"../x"})");
  EXPECT_EQ(named.why_not(),
            "stamp: error: cannot ask the credential helper '../x': its name is malformed\n");
  const Home failing(R"({"credsStore":"failing"})");
  failing.add_helper("failing", "echo 'my secret'; exit 3");
  EXPECT_EQ(failing.why_not(),
            "stamp: error: cannot ask the credential helper 'docker-credential-failing': it ended "
            "with status 3\n  try: see why: echo registry.example | docker-credential-failing "
            "get\n");
  const Home chatty(R"({"credsStore":"chatty"})");
  chatty.add_helper("chatty", "echo '{\"Username\":\"u\"}'");
  EXPECT_EQ(chatty.why_not(),
            "stamp: error: cannot read what 'docker-credential-chatty' printed: it has no text "
            "'Secret'\n");
}

TEST(Credentials, NamesTheFileThatIsWrong) {
  const auto why_not = [](const std::string& text, std::string_view message) {
    const Home home(text);
    EXPECT_EQ(home.why_not(), "stamp: error: cannot read '" + home.file.string() +
                                  "': " + std::string(message) + "\n");
  };
  why_not("[]", "it is no object");
  why_not(R"({"auths":[]})", "auths: it must be an object");
  why_not(R"({"auths":{"registry.example":1}})", "auths: registry.example: it must be an object");
  why_not(R"({"auths":{"registry.example":{"auth":1}}})",
          "auths: registry.example: auth: it must be text");
  why_not(R"({"auths":{"registry.example":)" + auth("x") + "}}",
          "auths: registry.example: auth: it has no colon");
  why_not(R"({"credsStore":1})", "credsStore: it must be text");
  why_not(R"({"credHelpers":{"registry.example":1}})",
          "credHelpers: registry.example: it must be text");
}

}  // namespace
}  // namespace stamp::registry
