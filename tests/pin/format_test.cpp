#include <gtest/gtest.h>

#include "pin/find.h"

namespace stamp::pin {
namespace {

TEST(FormatOf, IsDecidedByTheNameAlone) {
  EXPECT_EQ(format_of("apps/backup.yaml"), Format::yaml);
  EXPECT_EQ(format_of("a.YML"), Format::yaml);
  EXPECT_EQ(format_of("apps/Kustomization"), Format::yaml);
  EXPECT_EQ(format_of("main.tf"), Format::hcl);
  EXPECT_EQ(format_of("prod.tfvars"), Format::hcl);
  EXPECT_EQ(format_of("prod.tfvars.json"), Format::json);
  EXPECT_EQ(format_of("web.container"), Format::unit);
  EXPECT_EQ(format_of("yaml/install.sh"), Format::text);
  EXPECT_EQ(format_of("folder.yaml/README"), Format::text);
}

}  // namespace
}  // namespace stamp::pin
