#include "registry-client/listing.h"

#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "oci/media_type.h"
#include "tests/expect_error.h"
#include "tests/fakes/registry.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::registry {
namespace {

using fakes::FakeRegistry;

const ManifestText kSubject = {
    .media_type = std::string(oci::kMediaTypeIndex),
    .text =
        R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})"};

/// A manifest that refers to the subject.
ManifestText referrer(int number, const std::string& type) {
  return {
      .media_type = std::string(oci::kMediaTypeIndex),
      .text = fmt::format(
          R"({{"schemaVersion":2,"mediaType":"{}","artifactType":"{}","manifests":[],"annotations":{{"n":"{}"}},)"
          R"("subject":{{"mediaType":"{}","digest":"{}","size":{}}}}})",
          oci::kMediaTypeIndex, type, number, kSubject.media_type, kSubject.digest().str(),
          kSubject.text.size())};
}

TEST(Tags, AreListedPageByPage) {
  FakeRegistry server({.page = 2});
  ClientFixture fixture;
  const Repository app = fixture.at(server.host(), "app");
  EXPECT_EQ(app.tags(), std::nullopt);
  for (const char* tag : {"a", "b", "c", "d", "e"}) app.push_manifest(kSubject, tag);
  EXPECT_EQ(app.tags(), (std::vector<std::string>{"a", "b", "c", "d", "e"}));
}

TEST(Tags, ThatAreNoneAreRefused) {
  ClientFixture fixture;
  const auto why_not = [&](const fakes::HttpReply& reply) {
    FakeRegistry server;
    server.add({.times = 0, .instead = reply});
    const std::string message =
        message_of([&] { static_cast<void>(fixture.at(server.host(), "app").tags()); });
    const std::string start =
        fmt::format("stamp: error: cannot list the tags of {}/app: ", server.host());
    EXPECT_EQ(message.substr(0, start.size()), start) << message;
    return message.substr(start.size(), message.find('\n') - start.size());
  };
  EXPECT_EQ(why_not(fakes::reply_with(200, {}, R"({"tags":["a/b"]})")), "tags: \"a/b\" is no tag");
  EXPECT_EQ(why_not(fakes::reply_with(200, {}, R"({"tags":["\u001b"]})")),
            "tags: \"\\u001b\" is no tag");
  EXPECT_EQ(why_not(fakes::reply_with(200, {}, R"({"tags":{}})")), "tags: it must be a list");
  EXPECT_EQ(why_not(fakes::reply_with(200, {}, "[]")), "the answer is no object");
  EXPECT_EQ(why_not(fakes::reply_with(200, {}, std::string(5U << 20U, ' '))),
            "a page has more than 4194304 bytes");
  EXPECT_EQ(why_not(fakes::reply_with(200, {{"link", "<?last=a>; rel=next"}}, R"({"tags":["a"]})")),
            "its pages go in a circle");
  EXPECT_EQ(why_not(fakes::reply_with(200, {{"link", "<http://127.0.0.2/x>; rel=next"}},
                                      R"({"tags":["a"]})")),
            "its next page is on another server, http://127.0.0.2/x");
}

TEST(Referrers, AreListedByTheRegistry) {
  FakeRegistry server({.page = 2});
  ClientFixture fixture;
  const Repository app = fixture.at(server.host(), "app");
  app.push_manifest(kSubject);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(app.push_manifest(referrer(i, i < 2 ? "a/b" : "c/d")).subject,
              SubjectRecord::registry);
  }
  EXPECT_EQ(app.referrers(kSubject.digest()).size(), 5U);
  const auto some = app.referrers(kSubject.digest(), "a/b");
  ASSERT_EQ(some.size(), 2U);
  EXPECT_EQ(some[0].artifact_type, "a/b");
  EXPECT_TRUE(app.referrers(Digest::of("nothing")).empty());
}

TEST(Referrers, AreKeptInATagWhereTheRegistryKnowsNone) {
  FakeRegistry server({.referrers = false});
  ClientFixture fixture;
  const Repository app = fixture.at(server.host(), "app");
  app.push_manifest(kSubject);
  EXPECT_TRUE(app.referrers(kSubject.digest()).empty());
  EXPECT_EQ(app.push_manifest(referrer(1, "a/b")).subject, SubjectRecord::tag);
  EXPECT_EQ(app.push_manifest(referrer(2, "c/d")).subject, SubjectRecord::tag);
  EXPECT_EQ(app.push_manifest(referrer(2, "c/d")).subject, SubjectRecord::tag);
  const auto all = app.referrers(kSubject.digest());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].digest, referrer(1, "a/b").digest());
  EXPECT_EQ(all[0].artifact_type, "a/b");
  EXPECT_EQ(all[0].size, referrer(1, "a/b").text.size());
  EXPECT_EQ(all[0].annotations, (oci::Annotations{{"n", "1"}}));
  EXPECT_EQ(app.referrers(kSubject.digest(), "c/d").size(), 1U);
  EXPECT_EQ(app.tags(), (std::vector<std::string>{"sha256-" + kSubject.digest().hex()}));
}

TEST(Referrers, AWebPageIsNoList) {
  FakeRegistry server({.referrers = false});
  ClientFixture fixture;
  server.add({.path = "/referrers/",
              .times = 0,
              .instead = fakes::reply_with(200, {{"content-type", "text/html"}}, "<html>")});
  EXPECT_TRUE(fixture.at(server.host(), "app").referrers(kSubject.digest()).empty());
}

TEST(Referrers, WritersDoNotUndoEachOther) {
  FakeRegistry server({.referrers = false, .etags = true});
  ClientFixture fixture;
  fixture.at(server.host(), "app").push_manifest(kSubject);
  constexpr int kWriters = 4;
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.emplace_back(
          [&, i] { fixture.at(server.host(), "app").push_manifest(referrer(i, "a/b")); });
    }
  }
  EXPECT_EQ(fixture.at(server.host(), "app").referrers(kSubject.digest()).size(), kWriters);
}

}  // namespace
}  // namespace stamp::registry
