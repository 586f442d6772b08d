#include "workspace/pin_path.h"

#include <gtest/gtest.h>

namespace stamp::workspace {
namespace {

using Kind = PinStep::Kind;

TEST(PinPath, IsTakenStepByStep) {
  std::string_view path = "a*.\"b.c\"[*].d[12][0]";
  EXPECT_EQ(take_step(path), (PinStep{Kind::key, "a*"}));
  EXPECT_EQ(take_step(path), (PinStep{Kind::exact_key, "b.c"}));
  EXPECT_EQ(take_step(path), (PinStep{Kind::any_item}));
  EXPECT_EQ(take_step(path), (PinStep{Kind::key, "d"}));
  EXPECT_EQ(take_step(path), (PinStep{Kind::item, {}, 12}));
  EXPECT_EQ(take_step(path), (PinStep{Kind::item, {}, 0}));
  EXPECT_EQ(take_step(path), std::nullopt);
}

TEST(PinPath, MayBeginWithAnItem) {
  std::string_view path = "[*].image";
  EXPECT_EQ(check_pin_path(path), path);
  EXPECT_EQ(take_step(path), (PinStep{Kind::any_item}));
  EXPECT_EQ(take_step(path), (PinStep{Kind::key, "image"}));
}

TEST(PinStep, StarsInAKeyStandForAnyText) {
  const auto matches = [](std::string_view key, std::string_view other) {
    return PinStep{Kind::key, key}.matches(other);
  };
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("*", "anything"));
  EXPECT_TRUE(matches("ROOK_*_IMAGE", "ROOK_CSI_CEPH_IMAGE"));
  EXPECT_FALSE(matches("ROOK_*_IMAGE", "ROOK_IMAGE"));
  EXPECT_FALSE(matches("ROOK_*_IMAGE", "ROOK_CSI_CEPH_IMAGE_TAG"));
  EXPECT_TRUE(matches("*a*b*", "xaxbx"));
  EXPECT_FALSE(matches("*a*b*", "xbxax"));
  EXPECT_TRUE(matches("image", "image"));
  EXPECT_FALSE(matches("image", "images"));
  EXPECT_FALSE((PinStep{Kind::exact_key, "*"}.matches("a")));
  EXPECT_TRUE((PinStep{Kind::exact_key, "*"}.matches("*")));
  EXPECT_FALSE((PinStep{Kind::any_item}.matches("")));
}

}  // namespace
}  // namespace stamp::workspace
