#include "builder/output/early_layers.h"

#include "base/temp_file.h"
#include "tests/expect_error.h"

namespace stamp::build {
namespace {

constexpr std::uint64_t kLarge = 16U << 20U;

class EarlyLayersTest : public testing::Test {
 protected:
  std::filesystem::path folder(std::string_view name) const { return temp_.path() / name; }
  /// Writes a layer of which one is told that it is large.
  bool write(LayerId id, std::string_view text) {
    Sink* sink = early_.begin(id, kLarge);
    if (sink == nullptr) return false;
    sink->write(as_bytes(text));
    early_.end(id, Digest::of(text));
    return true;
  }
  bool put(std::string_view text, const std::filesystem::path& to) {
    oci::LayoutWriter writer(to);
    return early_.put(Digest::of(text), to, writer);
  }
  void SetUp() override {
    if (!oci::UnnamedBlob::make(temp_.path())) {
      GTEST_SKIP() << "this file system has no files without a name";
    }
  }

  TempDir temp_;
  EarlyLayers early_;
};

TEST_F(EarlyLayersTest, ALayerIsPutOnceIntoTheLayoutThatWantsIt) {
  early_.want(3, folder("first"));
  early_.want(3, folder("second"));
  ASSERT_TRUE(write(3, "layer"));
  EXPECT_FALSE(put("layer", folder("second")));
  EXPECT_TRUE(put("layer", folder("first")));
  EXPECT_TRUE(oci::LayoutWriter(folder("first")).contains(Digest::of("layer"), 5));
  EXPECT_FALSE(put("layer", folder("first")));
}

TEST_F(EarlyLayersTest, WhatNobodyWantsIsNotWritten) {
  early_.want(3, folder("out"));
  EXPECT_EQ(early_.begin(4, kLarge), nullptr);
  early_.end(4, Digest::of("other"));
  EXPECT_FALSE(put("other", folder("out")));
}

TEST_F(EarlyLayersTest, SmallLayersAreWrittenLater) {
  early_.want(3, folder("out"));
  EXPECT_EQ(early_.begin(3, kLarge - 1), nullptr);
}

TEST_F(EarlyLayersTest, AnotherPlanHasOtherLayers) {
  early_.want(3, folder("out"));
  ASSERT_NE(early_.begin(3, kLarge), nullptr);
  early_.begin_plan();
  early_.end(3, Digest::of("layer"));
  EXPECT_FALSE(put("layer", folder("out")));
  EXPECT_EQ(early_.begin(3, kLarge), nullptr);
}

}  // namespace
}  // namespace stamp::build
