#include "registry-client/login.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/fd.h"
#include "base/temp_file.h"
#include "tests/expect_error.h"
#include "tests/fakes/registry.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::registry {
namespace {

namespace fs = std::filesystem;

const Credentials kMe = {.username = "me", .password = "secret:2"};

/// podman's and docker's files of a user, neither of which is there.
class LoginTest : public testing::Test {
 protected:
  CredentialOptions options() const {
    return {.files = {podman_, docker_},
            .search_path = folder_.path().string(),
            .environment = {"PATH=/usr/bin:/bin", "STORE=" + (folder_.path() / "store").string()}};
  }
  std::string keep(const std::string& host, const Credentials& credentials = kMe) const {
    return keep_credentials(options(), docker_, host, credentials);
  }
  std::vector<std::string> forget(const std::string& host) const {
    return forget_credentials(options(), host);
  }
  std::optional<Credentials> found(const std::string& host, const std::string& name = "") const {
    return CredentialStore(options()).find(host, name);
  }
  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories(file.parent_path());
    replace_file(file, text);
  }
  /// A helper that keeps what it is given in a file, and cannot do without.
  void add_helper(const std::string& name) const {
    const fs::path program = folder_.path() / ("docker-credential-" + name);
    replace_file(program,
                 "#!/bin/sh\n"
                 "case $1 in\n"
                 "store) cat >\"$STORE\" ;;\n"
                 "erase) cat >\"$STORE.erased\"; rm \"$STORE\" ;;\n"
                 "get) cat >\"$STORE.asked\"; if [ -e \"$STORE\" ]; then cat \"$STORE\"; else\n"
                 "  echo credentials not found in native keychain; exit 1; fi ;;\n"
                 "esac\n");
    fs::permissions(program, fs::perms::owner_all);
  }
  static fs::perms mode(const fs::path& path) { return fs::status(path).permissions(); }

  TempDir folder_;
  fs::path podman_ = folder_.path() / "run" / "containers" / "auth.json";
  fs::path docker_ = folder_.path() / ".docker" / "config.json";
};

std::string auth(const std::string& both) {
  return R"({"auth": ")" + to_base64(both) + R"("})";
}

TEST_F(LoginTest, MakesTheFileThatEverybodyReads) {
  EXPECT_EQ(keep("registry.example:5000"), docker_.string());
  EXPECT_EQ(read_file(docker_),
            "{\n\t\"auths\": {\n\t\t\"registry.example:5000\": {\n\t\t\t\"auth\": \"" +
                to_base64("me:secret:2") + "\"\n\t\t}\n\t}\n}\n");
  EXPECT_EQ(mode(docker_), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(mode(docker_.parent_path()), fs::perms::owner_all);
  EXPECT_EQ(found("registry.example:5000"), kMe);
  EXPECT_FALSE(fs::exists(podman_));
}

TEST_F(LoginTest, KeepsEverythingElseAsItIs) {
  const std::string before =
      "{\n\t\"zeta\": 1.50,\n\t\"auths\": {\n\t\t\"b.example\": " + auth("b:b") +
      ",\n\t\t\"registry.example/team\": " + auth("t:t") +
      ",\n\t\t\"https://registry.example/v2/\": {\n\t\t\t\"auth\": \"b2xkOm9sZA==\",\n\t\t\t"
      "\"email\": \"x\"\n\t\t},\n\t\t\"a.example\": {}\n\t},\n\t\"alpha\": [\n\t\t\"<\"\n\t]\n}\n";
  write(docker_, before);
  keep("registry.example");
  const std::string after = read_file(docker_);
  EXPECT_EQ(found("registry.example"), kMe);
  EXPECT_EQ(found("registry.example", "team/app")->username, "t");
  EXPECT_EQ(found("b.example")->username, "b");
  const std::vector<std::string> parts = {
      "zeta",      "auths", "b.example", "team", "https://registry.example/v2/",
      "a.example", "alpha", "<"};
  std::size_t at = 0;
  for (const std::string& part : parts) {
    at = after.find(part, at);
    ASSERT_NE(at, std::string::npos) << part << " is not there, or not in its place";
  }
  EXPECT_EQ(after.find("b2xkOm9sZA=="), std::string::npos) << "the old password";
  EXPECT_EQ(forget("registry.example"), std::vector<std::string>{docker_.string()});
  EXPECT_EQ(found("registry.example"), std::nullopt);
  EXPECT_EQ(found("registry.example", "team/app")->username, "t");
  EXPECT_EQ(found("b.example")->username, "b");
}

TEST_F(LoginTest, AFileThatOthersCouldReadIsClosed) {
  write(docker_, "{}");
  fs::permissions(docker_, fs::perms::owner_all | fs::perms::others_read);
  keep("registry.example");
  EXPECT_EQ(mode(docker_), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(LoginTest, ReplacesTheEntryThatWouldWin) {
  write(podman_, R"({"auths": {"registry.example": )" + auth("old:old") + "}}");
  EXPECT_EQ(keep("registry.example"), podman_.string());
  EXPECT_EQ(found("registry.example"), kMe);
  EXPECT_EQ(keep("other.example"), docker_.string());
}

TEST_F(LoginTest, ALinkStaysALink) {
  const fs::path real = folder_.path() / "dotfiles" / "docker.json";
  write(real, "{}");
  fs::create_directories(docker_.parent_path());
  fs::create_symlink(real, docker_);
  keep("registry.example");
  EXPECT_TRUE(fs::is_symlink(docker_));
  EXPECT_NE(read_file(real).find("registry.example"), std::string::npos);
}

TEST_F(LoginTest, DockersOwnRegistryHasTheNameThatDockerLooksFor) {
  keep("docker.io");
  EXPECT_NE(read_file(docker_).find("\"https://index.docker.io/v1/\""), std::string::npos);
  EXPECT_EQ(found("docker.io", "library/debian"), kMe);
  write(podman_, R"({"auths": {"docker.io": )" + auth("old:old") + "}}");
  EXPECT_EQ(keep("index.docker.io"), podman_.string());
  EXPECT_NE(read_file(podman_).find("\"docker.io\""), std::string::npos);
  EXPECT_EQ(forget("docker.io"), (std::vector<std::string>{podman_.string(), docker_.string()}));
  EXPECT_EQ(found("docker.io"), std::nullopt);
}

TEST_F(LoginTest, AHelperGetsThemWhenOneIsNamed) {
  add_helper("keys");
  for (const std::string& text :
       {std::string(R"({"credsStore": "keys"})"),
        std::string(R"({"credHelpers": {"registry.example": "keys"}})")}) {
    write(docker_, text);
    EXPECT_EQ(keep("registry.example"), "docker-credential-keys");
    EXPECT_EQ(read_file(folder_.path() / "store"),
              R"({"Secret":"secret:2","ServerURL":"registry.example","Username":"me"})");
    EXPECT_EQ(found("registry.example"), kMe);
    EXPECT_EQ(read_file(docker_), text) << "the password is not in the file, which is as it was";
    EXPECT_EQ(forget("registry.example"), std::vector<std::string>{"docker-credential-keys"});
    EXPECT_EQ(read_file(folder_.path() / "store.erased"), "registry.example");
    EXPECT_EQ(found("registry.example"), std::nullopt);
    EXPECT_TRUE(forget("registry.example").empty());
  }
}

TEST_F(LoginTest, WhatWasWrittenDownGivesWayToTheHelper) {
  add_helper("keys");
  write(docker_,
        R"({"credsStore": "keys", "auths": {"registry.example": )" + auth("old:old") + "}}");
  EXPECT_EQ(keep("registry.example"), "docker-credential-keys");
  EXPECT_EQ(found("registry.example"), kMe);
}

TEST_F(LoginTest, AHelperThatFailsIsAnErrorWithoutTheSecret) {
  const fs::path program = folder_.path() / "docker-credential-bad";
  replace_file(program, "#!/bin/sh\ncat\ncat >&2\nexit 3\n");
  fs::permissions(program, fs::perms::owner_all);
  write(docker_, R"({"credsStore": "bad"})");
  EXPECT_EQ(message_of([&] { keep("registry.example"); }),
            "stamp: error: cannot keep credentials with 'docker-credential-bad': it ended with "
            "status 3\n  try: see whether the helper works by itself, or take it out of the "
            "settings that name it\n");
}

TEST_F(LoginTest, AFileThatDoesNotParseIsLeftAlone) {
  write(docker_, "{ broken");
  const std::string message = message_of([&] { keep("registry.example"); });
  EXPECT_NE(message.find("while reading " + docker_.string()), std::string::npos) << message;
  EXPECT_EQ(read_file(docker_), "{ broken");
  write(docker_, R"({"auths": 7})");
  EXPECT_EQ(message_of([&] { keep("registry.example"); }),
            "stamp: error: cannot read '" + docker_.string() + "': auths: it must be an object\n");
}

TEST_F(LoginTest, ForgettingWhatIsNotThereWritesNothing) {
  EXPECT_TRUE(forget("registry.example").empty());
  const std::string text = R"({ "auths": {"registry.example/team": )" + auth("t:t") + "}}";
  write(docker_, text);
  EXPECT_TRUE(forget("registry.example").empty());
  EXPECT_EQ(read_file(docker_), text);
}

/// Logs in to a registry with what was entered.
std::string log_in(const std::string& host, const Credentials& credentials) {
  ClientFixture fixture;
  fixture.credentials.add(host, credentials);
  return message_of([&] { fixture.client->log_in(host); });
}

TEST(LogIn, ARegistryWithPasswordsDecides) {
  fakes::FakeRegistry registry({.user = "me", .password = "secret"});
  EXPECT_EQ(log_in(registry.host(), {.username = "me", .password = "secret"}), "");
  const std::string message = log_in(registry.host(), {.username = "me", .password = "hunter2"});
  EXPECT_EQ(message.find("stamp: error: cannot log in to '" + registry.host() + "': 401"), 0U)
      << message;
  EXPECT_NE(message.find("  try: look at user name and password"), std::string::npos) << message;
  EXPECT_EQ(message.find("hunter2"), std::string::npos);
}

TEST(LogIn, ATokenServerDecides) {
  fakes::TokenServer tokens({.user = "me", .password = "secret"});
  fakes::FakeRegistry registry({.tokens = &tokens});
  ClientFixture fixture(
      {.hosts = {{registry.host(), HostSettings{.token_servers = {tokens.origin()}}}}});
  fixture.credentials.add(registry.host(), {.username = "me", .password = "secret"});
  fixture.client->log_in(registry.host());
  ClientFixture wrong(
      {.hosts = {{registry.host(), HostSettings{.token_servers = {tokens.origin()}}}}});
  wrong.credentials.add(registry.host(), {.username = "me", .password = "hunter2"});
  const std::string message = message_of([&] { wrong.client->log_in(registry.host()); });
  EXPECT_EQ(message.find("stamp: error: cannot log in to '" + registry.host() + "': 401"), 0U)
      << message;
  EXPECT_EQ(message.find("hunter2"), std::string::npos);
}

TEST(LogIn, AnOpenRegistryAsksOnce) {
  fakes::FakeRegistry registry;
  ClientFixture fixture;
  fixture.credentials.add(registry.host(), kMe);
  fixture.client->log_in(registry.host());
  EXPECT_EQ(fixture.client->traffic().requests, 1U);
}

}  // namespace
}  // namespace stamp::registry
