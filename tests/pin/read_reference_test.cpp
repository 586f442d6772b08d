#include <gtest/gtest.h>

#include "pin/find.h"

namespace stamp::pin {
namespace {

TEST(ReadReference, IsNothingWhereATextIsNone) {
  EXPECT_EQ(read_reference("registry.example/app:1")->str(), "registry.example/app:1");
  EXPECT_EQ(read_reference("debian")->str(), "docker.io/library/debian");
  for (const char* const text :
       {"", " ", "App", "a b", "app:", "app@sha256:1", "https://registry.example/app", "$IMAGE"}) {
    EXPECT_FALSE(read_reference(text)) << text;
  }
}

}  // namespace
}  // namespace stamp::pin
