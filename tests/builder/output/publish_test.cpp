#include "builder/output/publish.h"

#include "tests/builder/finished_image_fixture.h"
#include "tests/builder/silent_progress.h"
#include "tests/expect_error.h"
#include "tests/fakes/registry.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::build {
namespace {

class PublishTest : public FinishedImageTest {
 protected:
  Published publish(const FinishedImage& image, const std::string& repository,
                    const std::vector<std::string>& tags = {"latest"}) {
    return publisher_.publish(image, {.host = registry_.host(), .repository = repository}, tags);
  }
  fakes::FakeRegistry registry_;
  registry::ClientFixture fixture_;
  SilentProgress progress_;
  Publisher publisher_{*fixture_.client, cache_, progress_};
};

TEST_F(PublishTest, EverythingIsThereAndTagsNameTheIndex) {
  const FinishedImage both = image({"linux/amd64", "linux/arm64"});
  const Published published = publish(both, "home/app", {"v1", "latest"});
  EXPECT_EQ(published.digest, both.top.digest);
  EXPECT_FALSE(published.unchanged);
  EXPECT_EQ(published.mounted, 0U);
  EXPECT_EQ(published.sent, both.images[0].config.size + both.images[1].config.size + layer_.size);
  const fakes::StoredRepository stored = registry_.repository("home/app");
  EXPECT_EQ(stored.blobs.size(), 3U);
  EXPECT_EQ(stored.manifests.size(), 3U);
  EXPECT_EQ(stored.tags.size(), 3U);
  for (const std::string& tag :
       {std::string("v1"), std::string("latest"), keep_tag(both.top.digest)}) {
    EXPECT_EQ(stored.tags.at(tag), both.top.digest.str()) << tag;
  }
  EXPECT_EQ(stored.manifests.at(both.top.digest.str()).body, both.index_text);
}

TEST_F(PublishTest, TagsAreSetWhenAllElseWasReadBack) {
  const FinishedImage one = image({"linux/amd64"});
  publish(one, "home/app");
  const std::vector<std::string> log = registry_.log("/manifests/");
  // the two tags are asked for; by digest it is stored and read; each tag is set and read
  ASSERT_EQ(log.size(), 8U);
  const std::string digest = one.top.digest.str();
  const std::string path = " /v2/home/app/manifests/";
  EXPECT_EQ(log[2], "PUT" + path + digest);
  EXPECT_EQ(log[3], "GET" + path + digest);
  EXPECT_EQ(log[4], "PUT" + path + keep_tag(one.top.digest));
  EXPECT_EQ(log[6], "PUT" + path + "latest");
  EXPECT_EQ(log[7], "HEAD" + path + "latest");
}

TEST_F(PublishTest, WhatIsThereTakesTwoRequests) {
  const FinishedImage both = image({"linux/amd64", "linux/arm64"});
  publish(both, "home/app");
  const std::size_t before = registry_.log().size();
  const Published again = publish(both, "home/app");
  EXPECT_TRUE(again.unchanged);
  EXPECT_EQ(again.requests, 2U);
  EXPECT_EQ(again.sent, 0U);
  EXPECT_EQ(registry_.log().size(), before + 2);
}

TEST_F(PublishTest, AnotherTagSendsNoBlob) {
  const FinishedImage one = image({"linux/amd64"});
  publish(one, "home/app");
  const Published again = publish(one, "home/app", {"latest", "v2"});
  EXPECT_FALSE(again.unchanged);
  EXPECT_EQ(again.sent, 0U);
  EXPECT_EQ(registry_.repository("home/app").tags.at("v2"), one.top.digest.str());
}

TEST_F(PublishTest, ASecondRepositoryMounts) {
  const FinishedImage one = image({"linux/amd64"});
  publish(one, "home/app");
  const Published second = publish(one, "home/other");
  EXPECT_EQ(second.sent, 0U);
  EXPECT_EQ(second.mounted, one.images[0].config.size + layer_.size);
}

TEST_F(PublishTest, AnInterruptedOneIsFinishedByTheNext) {
  const FinishedImage both = image({"linux/amd64", "linux/arm64"});
  // Whatever request fails for good, no tag names anything, and the next run completes it.
  for (int failing = 2;; ++failing) {
    const std::string repository = "home/app" + std::to_string(failing);
    registry_.clear_rules();
    registry_.add(
        {.path = repository, .after = failing, .times = 0, .instead = fakes::reply_with(403)});
    const std::string message = message_of([&] { publish(both, repository); });
    registry_.clear_rules();
    const fakes::StoredRepository stopped = registry_.repository(repository);
    for (const auto& [tag, digest] : stopped.tags) {
      EXPECT_EQ(stopped.manifests.count(digest), 1U) << tag;
      EXPECT_EQ(stopped.blobs.size(), 3U) << tag;
    }
    publish(both, repository);
    const fakes::StoredRepository stored = registry_.repository(repository);
    EXPECT_EQ(stored.tags.at("latest"), both.top.digest.str());
    EXPECT_EQ(stored.blobs.size(), 3U);
    EXPECT_EQ(stored.manifests.size(), 3U);
    if (message.empty()) break;
    ASSERT_LT(failing, 100);
  }
}

TEST_F(PublishTest, ARegistryThatGivesBackSomethingElseGetsNoTag) {
  const FinishedImage one = image({"linux/amd64"});
  registry_.add({.method = "GET",
                 .path = "/manifests/sha256:",
                 .times = 0,
                 .change = [](fakes::HttpReply& reply) { reply.body.back() = ' '; }});
  EXPECT_NE(message_of([&] { publish(one, "home/app"); }), "");
  EXPECT_TRUE(registry_.repository("home/app").tags.empty());
}

TEST_F(PublishTest, ARegistryNeedNotSayHowLargeBlobsAre) {
  const FinishedImage one = image({"linux/amd64"});
  registry_.add({.method = "HEAD",
                 .path = "/blobs/",
                 .times = 0,
                 .change = fakes::set_field("content-length", std::nullopt)});
  publish(one, "home/app");
  EXPECT_EQ(registry_.repository("home/app").tags.at("latest"), one.top.digest.str());
}

TEST_F(PublishTest, ARegistryThatHasAnotherSizeGetsNoTag) {
  const FinishedImage one = image({"linux/amd64"});
  registry_.add({.method = "HEAD",
                 .path = "/blobs/" + layer_.digest.str(),
                 .after = 1,
                 .times = 0,
                 .change = fakes::set_field("content-length", "7")});
  EXPECT_EQ(message_of([&] { publish(one, "home/app"); }),
            fmt::format("stamp: error: the registry has 7 bytes of blob {}, which has {}\n"
                        "  while publishing 'app' in {}/home/app\n",
                        layer_.digest.brief(), layer_.size, registry_.host()));
  EXPECT_TRUE(registry_.repository("home/app").tags.empty());
}

TEST_F(PublishTest, ARegistryThatLosesABlobGetsNoTag) {
  const FinishedImage one = image({"linux/amd64"});
  // It is there when it was sent, and gone when all is read back.
  registry_.add({.method = "HEAD",
                 .path = "/blobs/" + layer_.digest.str(),
                 .after = 1,
                 .times = 0,
                 .instead = fakes::reply_with(404)});
  const std::string host = registry_.host();
  EXPECT_EQ(message_of([&] { publish(one, "home/app"); }),
            "stamp: error: the registry took " + layer_.digest.str() +
                " and does not have it\n  while publishing 'app' in " + host +
                "/home/app\n  try: no tag was set; run it again, and if it stays so look at the "
                "registry's storage and its clean-up\n");
  EXPECT_TRUE(registry_.repository("home/app").tags.empty());
}

}  // namespace
}  // namespace stamp::build
