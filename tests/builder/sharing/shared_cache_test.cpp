// Two caches that share results through a registry: shared_push.h, shared_pull.h, shared_plan.h.

#include <algorithm>
#include <atomic>
#include <filesystem>

#include "base/pool.h"
#include "builder/sharing/shared_pull.h"
#include "builder/sharing/shared_push.h"
#include "oci/manifest.h"
#include "tests/builder/build_fixture.h"
#include "tests/builder/signing_keys.h"
#include "tests/fakes/registry.h"

namespace stamp::build {
namespace {

constexpr const char* kOne =
    "layers: [{packages: {install: [app], scripts: skip}}, {files: {/new/x: {text: y}}}]\n";

class SharedCacheTest : public BuildTest {
 protected:
  static FakePackage package(const std::string& name) {
    FakePackage package;
    package.name = name;
    package.files = {folder("/"), folder("/bin"), file("/bin/" + name, name, 0755)};
    return package;
  }

  BuildReport build_in(cache::Cache& cache, const std::vector<std::string>& recipes = {},
                       std::vector<OutputSpec> outputs = {}) {
    return with_services([&](const BuildServices& services) {
      return build(workspace_, {.recipes = recipes, .outputs = std::move(outputs)},
                   {cache, services.fetcher, services.registries, services.progress,
                    services.relock, services.scratch, services.threads});
    });
  }

  /// The same, and reads all layers.
  BuildReport build_all(cache::Cache& cache) {
    return build_in(cache, {}, {OutputSpec::parse(fmt::format("oci:{}/out", temp().string()))});
  }

  Plan plan(cache::Cache& cache, const std::vector<std::string>& recipes = {}) {
    RegistryBases bases(*client_.client, cache, progress_);
    return plan_as_locked(workspace_, recipes, bases);
  }

  SharedResults push(cache::Cache& cache, const SigningKey* key,
                     SendResults which = SendResults::lacking) {
    return ResultPusher(*client_.client, cache, progress_)
        .push(plan(cache), repository_, {key, "stamp 1.2.3"}, which);
  }
  SharedResults push() { return push(cache_, &key_); }

  TakenResults pull(cache::Cache& cache, std::vector<const VerifyingKey*> keys,
                    const std::vector<std::string>& recipes = {}) {
    return ResultPuller(*client_.client, cache, progress_)
        .pull(plan(cache, recipes), repository_, {std::move(keys)}, [&](const ImagePlan& image) {
          return recipes.empty() ||
                 std::find(recipes.begin(), recipes.end(), image.recipe->name) != recipes.end();
        });
  }
  TakenResults pull() { return pull(second_, {&key_.verifying_key()}); }

  /// No build after this gets a package.
  void unplug() { std::filesystem::remove_all(temp() / "mirror"); }

  fakes::StoredRepository stored() { return registry_.repository("home/cache"); }
  std::string tag_of(const SharedStep& step) {
    return SharedTag{step.key, signer_name(key_.verifying_key())}.str();
  }
  /// The step whose name has this in it.
  SharedStep step(const std::string& part) {
    for (SharedStep& each : shared_steps(plan(cache_))) {
      if (each.name.find(part) != std::string::npos) return each;
    }
    throw Error(ErrorKind::internal, "no step " + part);
  }
  /// A blob that only the result of this step has.
  Digest blob_of(const SharedStep& step, const std::string& output) {
    const std::optional<cache::Result> found = cache_.find(step.key);
    for (const cache::Output& each : found.value().outputs) {
      if (each.name == output) return each.blob.digest;
    }
    throw Error(ErrorKind::internal, "no output " + output);
  }

  /// Every tag names a manifest, and every blob of it is there.
  void expect_whole() {
    const fakes::StoredRepository now = stored();
    for (const auto& [tag, digest] : now.tags) {
      ASSERT_EQ(now.manifests.count(digest), 1U) << tag;
      const oci::Manifest manifest = oci::Manifest::parse(now.manifests.at(digest).body);
      EXPECT_EQ(now.blobs.count(manifest.config.digest.str()), 1U) << tag;
      for (const oci::Descriptor& layer : manifest.layers) {
        EXPECT_EQ(now.blobs.count(layer.digest.str()), 1U) << tag;
      }
    }
  }

  fakes::FakeRegistry registry_;
  oci::Reference repository_{.host = registry_.host(), .repository = "home/cache"};
  SigningKey key_ = first_key();
  SigningKey other_ = second_key();
  cache::Cache second_{temp() / "second", clock_};
};

TEST_F(SharedCacheTest, TheSecondMachineBuildsNothing) {
  add("one", kOne, {publish(package("app"))});
  const BuildReport first = build_in(cache_);
  EXPECT_EQ(first.steps_run, 5U);  // two segments, two layers, an image
  const SharedResults shared = push();
  EXPECT_EQ(shared.pushed, 5U);
  EXPECT_EQ(shared.present + shared.not_built, 0U);
  EXPECT_EQ(stored().tags.size(), 5U);
  expect_whole();

  unplug();
  const TakenResults taken = pull();
  EXPECT_EQ(taken.taken, 3U);  // the image and its layers; no package is asked for
  EXPECT_EQ(taken.present + taken.lacking, 0U);
  EXPECT_EQ(taken.traffic.requests, 1U + 3U + taken.blobs);
  const BuildReport second = build_all(second_);
  EXPECT_EQ(second.steps_run, 0U);
  EXPECT_EQ(second.images[0].digest, first.images[0].digest);
  EXPECT_EQ(second_.verify().problems.size(), 0U);
}

TEST_F(SharedCacheTest, WhatIsThereTakesOneRequest) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  push();
  const SharedResults again = push();
  EXPECT_EQ(again.pushed, 0U);
  EXPECT_EQ(again.present, 5U);
  EXPECT_EQ(again.traffic.requests, 1U);
  pull();
  const TakenResults nothing = pull();
  EXPECT_EQ(nothing.taken, 0U);
  EXPECT_EQ(nothing.present, 3U);
  EXPECT_EQ(nothing.traffic.requests, 1U);
}

TEST_F(SharedCacheTest, OfALayerThatNobodyMadeThePackagesAreTaken) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  push();
  add("two", "layers: [{packages: {install: [app, more], scripts: skip}}]\n",
      {publish(package("app")), publish(package("more"))});
  const TakenResults taken = pull(second_, {&key_.verifying_key()}, {"two"});
  EXPECT_EQ(taken.taken, 1U);
  EXPECT_EQ(taken.lacking, 3U);  // the other package, the layer, the image
  std::filesystem::remove(temp() / "mirror/pool/app.deb");
  EXPECT_EQ(build_in(second_, {"two"}).steps_run, 3U);
}

TEST_F(SharedCacheTest, OfARecipeThatIsOnlyCopiedFromTheImageIsEnough) {
  add("tools", "layers: [{files: {/tool: {text: tool}}}]\n", {});
  add("top", "layers: [{copy: {from: {recipe: tools}, paths: {/tool: /bin/tool}}}]\n", {});
  build_in(cache_);
  EXPECT_EQ(push().pushed, 6U);
  const TakenResults taken = pull(second_, {&key_.verifying_key()}, {"top"});
  EXPECT_EQ(taken.taken, 3U);  // two images, and the layer of the one that was asked for
  EXPECT_EQ(build_in(second_, {"top"}).steps_run, 0U);
}

TEST_F(SharedCacheTest, WhatOthersSignedIsLeft) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  push();
  const TakenResults taken = pull(second_, {&other_.verifying_key()});
  EXPECT_EQ(taken.taken + taken.blobs, 0U);
  EXPECT_EQ(taken.lacking, 5U);
  EXPECT_EQ(taken.strangers, (std::set<std::string>{signer_name(key_.verifying_key())}));
  EXPECT_TRUE(taken.refused.empty());
  EXPECT_EQ(second_.stats().results, 0U);
  EXPECT_EQ(build_in(second_).steps_run, 5U);
}

TEST_F(SharedCacheTest, WhoTrustsNobodyTakesBlobsOnly) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  push();
  const TakenResults taken = pull(second_, {});
  EXPECT_EQ(taken.taken, 0U);
  EXPECT_GT(taken.blobs, 4U);
  EXPECT_EQ(second_.stats().results, 0U);
  EXPECT_EQ(second_.stats().blobs, taken.blobs);
  EXPECT_EQ(pull(second_, {}).blobs, 0U);
  EXPECT_EQ(build_in(second_).steps_run, 5U);
}

TEST_F(SharedCacheTest, WhoTrustsNobodyTakesNoMoreThanALimit) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  push();
  // Nobody's bytes are asked for once somebody says that they are too many.
  const SharedStep layer = step("layer 1 of 2");
  cache::Result huge = cache_.find(layer.key).value();
  huge.outputs.front().blob = {Digest::of("huge"), std::uint64_t{1} << 62U};
  const registry::ManifestText text = shared_manifest(layer.key, huge, {&other_, "stamp 1.2.3"});
  registry_.put_manifest("home/cache", tag_of(layer), {text.media_type, text.text});
  const TakenResults taken = pull(second_, {});
  ASSERT_EQ(taken.refused.size(), 1U);
  EXPECT_EQ(taken.refused[0].step, layer.name);
  EXPECT_EQ(taken.refused[0].why,
            "more than 17179869184 bytes would be taken, and no key is trusted");
  EXPECT_GT(taken.blobs, 2U);

  cache::Cache third(temp() / "third", clock_);
  const TakenResults nothing =
      ResultPuller(*client_.client, third, progress_)
          .pull(plan(third), repository_, {.keys = {}, .most_unbelieved = 1},
                [](const ImagePlan&) { return true; });
  EXPECT_EQ(nothing.blobs, 0U);
  EXPECT_EQ(third.stats().blobs, 0U);
  EXPECT_FALSE(nothing.refused.empty());
}

TEST_F(SharedCacheTest, WhatNobodySignedIsBelievedByNobody) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  EXPECT_EQ(push(cache_, nullptr).pushed, 5U);
  const TakenResults taken = pull();
  EXPECT_EQ(taken.taken + taken.blobs, 0U);
  EXPECT_EQ(taken.strangers, (std::set<std::string>{"unsigned"}));
  EXPECT_GT(pull(second_, {}).blobs, 4U);
  EXPECT_EQ(second_.stats().results, 0U);
}

TEST_F(SharedCacheTest, TwoSignersDoNotMeet) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  build_in(second_);
  Pool pool(2);
  std::atomic<std::size_t> pushed{0};
  pool.add([&] { pushed += push(cache_, &key_).pushed; });
  pool.add([&] { pushed += push(second_, &other_).pushed; });
  pool.wait();
  EXPECT_EQ(pushed, 10U);
  EXPECT_EQ(stored().tags.size(), 10U);
  expect_whole();
  for (const SigningKey* key : {&key_, &other_}) {
    cache::Cache third(temp() / signer_name(key->verifying_key()), clock_);
    EXPECT_EQ(pull(third, {&key->verifying_key()}).taken, 3U);
  }
}

TEST_F(SharedCacheTest, WritersOfOneKeyLoseNothing) {
  add("one", kOne, {publish(package("app"))});
  add("two", "layers: [{files: {/two: {text: two}}}]\n", {});
  build_in(cache_, {"one"});
  build_in(second_, {"two"});
  Pool pool(2);
  pool.add([&] { push(cache_, &key_); });
  pool.add([&] { push(second_, &key_); });
  pool.wait();
  EXPECT_EQ(stored().tags.size(), 8U);
  cache::Cache third(temp() / "third", clock_);
  EXPECT_EQ(pull(third, {&key_.verifying_key()}).taken, 5U);
  EXPECT_EQ(build_in(third).steps_run, 0U);
}

TEST_F(SharedCacheTest, AForgedResultIsRefusedAndItsPartsAreTaken) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  push();
  // Somebody who may write there, but has no key, names other blobs under the tag of a layer.
  const SharedStep layer = step("layer 1 of 2");
  cache::Result evil = cache_.find(layer.key).value();
  evil.outputs.pop_back();
  oci::Manifest forged =
      oci::Manifest::parse(shared_manifest(layer.key, evil, {&other_, "stamp 1.2.3"}).text);
  registry_.put_manifest("home/cache", tag_of(layer), {forged.media_type, forged.serialize()});
  unplug();
  const TakenResults taken = pull();
  ASSERT_EQ(taken.refused.size(), 1U);
  EXPECT_EQ(taken.refused[0].step, layer.name);
  EXPECT_EQ(taken.refused[0].why,
            "its signature is not one of the key " + signer_name(key_.verifying_key()));
  EXPECT_EQ(taken.taken, 3U);  // the image, the other layer, and the package of the first one
  EXPECT_EQ(build_all(second_).steps_run, 1U);
}

TEST_F(SharedCacheTest, AResultInThePlaceOfAnotherIsRefused) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  push();
  const SharedStep layer = step("layer 1 of 2");
  const std::string other = stored().tags.at(tag_of(step("layer 2 of 2")));
  registry_.put_manifest("home/cache", tag_of(layer), stored().manifests.at(other));
  const TakenResults taken = pull();
  ASSERT_EQ(taken.refused.size(), 1U);
  EXPECT_EQ(taken.refused[0].why, "it is the result of another step");
}

TEST_F(SharedCacheTest, ASignedResultThatIsNoLayerIsRefusedAlone) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  push();
  const SharedStep layer = step("layer 1 of 2");
  for (const std::string note : {"not JSON", "{}", R"({"digest":7})"}) {
    cache::Result wrong = cache_.find(layer.key).value();
    wrong.note = note;
    const registry::ManifestText text = shared_manifest(layer.key, wrong, {&key_, "stamp 1.2.3"});
    registry_.put_manifest("home/cache", tag_of(layer), {text.media_type, text.text});
    cache::Cache next(temp() / ("next" + std::to_string(note.size())), clock_);
    const TakenResults taken = pull(next, {&key_.verifying_key()});
    ASSERT_EQ(taken.refused.size(), 1U) << note;
    EXPECT_EQ(taken.refused[0].step, layer.name);
    EXPECT_EQ(taken.refused[0].why,
              note == "not JSON" ? "not valid JSON: error at byte 2"
                                 : "its note lacks something, or has something of another type");
    EXPECT_EQ(taken.taken, 3U);  // the image, the other layer, and the package of this one
    std::filesystem::remove_all(temp() / "out");
    EXPECT_EQ(build_all(next).steps_run, 1U);
  }
}

TEST_F(SharedCacheTest, TheNextKeyThatIsTrustedHelps) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  push();
  push(cache_, &other_);
  registry_.put_manifest("home/cache", tag_of(step("one (linux/amd64)")),
                         {"application/vnd.oci.image.manifest.v1+json", "{}"});
  unplug();
  const TakenResults taken = pull(second_, {&key_.verifying_key(), &other_.verifying_key()});
  EXPECT_EQ(taken.refused.size(), 1U);
  EXPECT_EQ(taken.taken, 3U);
  EXPECT_EQ(build_in(second_).steps_run, 0U);
}

TEST_F(SharedCacheTest, AResultWhoseBlobIsLostIsRefused) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  push();
  const SharedStep layer = step("layer 2 of 2");
  const Digest lost = blob_of(layer, "folders");
  registry_.add({.path = "/blobs/" + lost.str(), .times = 0, .instead = fakes::reply_with(404)});
  unplug();
  const TakenResults taken = pull();
  ASSERT_EQ(taken.refused.size(), 1U);
  EXPECT_EQ(taken.refused[0].step, layer.name);
  EXPECT_EQ(taken.refused[0].why, "the registry lacks its blob " + lost.str());
  EXPECT_EQ(build_all(second_).steps_run, 1U);  // from the segment that was taken instead
  // A repair asks for every blob and sends what is lost.
  registry_.clear_rules();
  registry_.add(
      {.method = "HEAD", .path = "/blobs/" + lost.str(), .instead = fakes::reply_with(404)});
  const SharedResults repaired = push(cache_, &key_, SendResults::all);
  EXPECT_EQ(repaired.pushed, 5U);
  EXPECT_EQ(repaired.blobs, 1U);
}

TEST_F(SharedCacheTest, AResultWhoseBlobIsDamagedIsRefused) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  push();
  const SharedStep layer = step("layer 2 of 2");
  registry_.add({.path = "/blobs/" + blob_of(layer, "folders").str(),
                 .times = 0,
                 .change = [](fakes::HttpReply& reply) { reply.body.front() ^= 1; }});
  const TakenResults taken = pull();
  ASSERT_EQ(taken.refused.size(), 1U);
  EXPECT_EQ(taken.refused[0].step, layer.name);
  EXPECT_FALSE(second_.find(layer.key));
  EXPECT_TRUE(second_.verify().problems.empty());
  EXPECT_EQ(build_all(second_).steps_run, 1U);
}

TEST_F(SharedCacheTest, AThrottledRegistryIsWaitedFor) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  for (const int status : {429, 503}) {
    registry_.add(
        {.after = 3, .times = 2, .instead = fakes::reply_with(status, {{"retry-after", "2"}})});
  }
  push();
  registry_.clear_rules();
  registry_.add(
      {.after = 2, .times = 2, .instead = fakes::reply_with(429, {{"retry-after", "2"}})});
  EXPECT_EQ(pull().taken, 3U);
  EXPECT_FALSE(client_.waited().empty());
}

TEST_F(SharedCacheTest, ARegistryThatStaysBusyEndsIt) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  push();
  registry_.add({.path = "/blobs/", .times = 0, .instead = fakes::reply_with(503)});
  EXPECT_EQ(kind_of([&] { pull(); }), ErrorKind::network);
  EXPECT_EQ(second_.stats().results, 0U);
  registry_.clear_rules();
  EXPECT_EQ(pull().taken, 3U);
}

TEST_F(SharedCacheTest, APullThatEndsAnywhereIsFinishedByTheNext) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  push();
  for (int failing = 0;; ++failing) {
    ASSERT_LT(failing, 100);
    cache::Cache next(temp() / ("next" + std::to_string(failing)), clock_);
    registry_.add({.after = failing, .times = 0, .instead = fakes::reply_with(403)});
    const bool failed = !message_of([&] { pull(next, {&key_.verifying_key()}); }).empty();
    registry_.clear_rules();
    EXPECT_TRUE(next.verify().problems.empty());
    pull(next, {&key_.verifying_key()});
    EXPECT_EQ(build_all(next).steps_run, 0U);
    if (!failed) break;
  }
}

TEST_F(SharedCacheTest, APushThatEndsAnywhereIsFinishedByTheNext) {
  add("one", kOne, {publish(package("app"))});
  build_in(cache_);
  // The fifth request of the first run is the first that is refused, of the second run the sixth.
  for (int passing = 4;; ++passing) {
    ASSERT_LT(passing, 100);
    registry_.add({.after = passing, .times = 0, .instead = fakes::reply_with(403)});
    const bool failed = !message_of([&] { push(); }).empty();
    registry_.clear_rules();
    expect_whole();
    if (!failed) break;
  }
  EXPECT_EQ(stored().tags.size(), 5U);
}

TEST_F(SharedCacheTest, WhatWasNotBuiltIsCounted) {
  add("one", kOne, {publish(package("app"))});
  const SharedResults shared = push();
  EXPECT_EQ(shared.pushed, 0U);
  EXPECT_EQ(shared.not_built, 5U);
  EXPECT_EQ(shared.traffic.requests, 1U);
}

TEST_F(SharedCacheTest, AnEmptyRepositoryHasNothing) {
  add("one", kOne, {publish(package("app"))});
  const TakenResults taken = pull();
  EXPECT_EQ(taken.taken + taken.blobs + taken.refused.size(), 0U);
  EXPECT_EQ(taken.lacking, 5U);
}

}  // namespace
}  // namespace stamp::build
