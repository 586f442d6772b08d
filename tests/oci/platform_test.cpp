#include "oci/platform.h"

#include "tests/expect_error.h"

namespace stamp::oci {
namespace {

std::string normal(std::string_view text) {
  return Platform::parse(text).str();
}

TEST(Platform, ParsesOsArchitectureAndVariant) {
  EXPECT_EQ(Platform::parse("linux/arm/v6"), (Platform{"linux", "arm", "v6"}));
  EXPECT_EQ(Platform::parse("windows/amd64"), (Platform{"windows", "amd64", ""}));
}

TEST(Platform, ArchitectureAloneMeansLinux) {
  EXPECT_EQ(normal("amd64"), "linux/amd64");
  EXPECT_EQ(normal("arm64"), "linux/arm64");
  EXPECT_EQ(normal("aarch64"), "linux/arm64");
}

TEST(Platform, HasOneNormalFormForEachMachine) {
  EXPECT_EQ(normal("linux/arm64/v8"), "linux/arm64");
  EXPECT_EQ(normal("linux/arm64/8"), "linux/arm64");
  EXPECT_EQ(normal("Linux/AARCH64"), "linux/arm64");
  EXPECT_EQ(normal("linux/x86_64"), "linux/amd64");
  EXPECT_EQ(normal("linux/amd64/v1"), "linux/amd64");
  EXPECT_EQ(normal("linux/amd64/v3"), "linux/amd64/v3");
  EXPECT_EQ(normal("linux/arm"), "linux/arm/v7");
  EXPECT_EQ(normal("linux/arm/7"), "linux/arm/v7");
  EXPECT_EQ(normal("armhf"), "linux/arm/v7");
  EXPECT_EQ(normal("armel"), "linux/arm/v6");
  EXPECT_EQ(normal("i386"), "linux/386");
}

TEST(Platform, NormalFormParsesToItself) {
  for (const char* text : {"linux/amd64", "linux/arm64", "linux/arm/v7", "linux/riscv64"}) {
    EXPECT_EQ(normal(text), text);
  }
}

TEST(Platform, RefusesWhatIsNone) {
  for (const char* text : {"", "/", "linux/", "/amd64", "linux/amd64/", "linux/amd64/v1/x", "lnux",
                           "linux", "linux/am d64", "linux/../x", "linux/amd64\n"}) {
    EXPECT_EQ(kind_of([&] { Platform::parse(text); }), ErrorKind::invalid) << text;
  }
  EXPECT_EQ(message_of([] { Platform::parse("linux/am\x1b[31md64"); }),
            "stamp: error: 'linux/am\\x1b[31md64' is not a platform of the form "
            "os/architecture[/variant]\n"
            "  try: write it like linux/amd64 or linux/arm64\n");
}

}  // namespace
}  // namespace stamp::oci
