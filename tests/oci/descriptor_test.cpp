#include "oci/descriptor.h"

#include <fmt/core.h>

#include "oci/manifest.h"
#include "tests/expect_error.h"

// Descriptors are read as parts of a manifest: here as its config.
namespace stamp::oci {
namespace {

constexpr std::string_view kDigest =
    "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";  // of "{}"

std::string manifest_with(std::string_view config) {
  return fmt::format(R"({{"schemaVersion":2,"config":{},"layers":[]}})", config);
}

std::string message_for(std::string_view config) {
  return message_of([&] { Manifest::parse(manifest_with(config)); });
}

std::string descriptor(std::string_view size, std::string_view more = "") {
  return fmt::format(R"({{"mediaType":"application/x","digest":"{}","size":{}{}}})", kDigest, size,
                     more);
}

// image-spec 1.1 descriptor.md, "Properties"
TEST(Descriptor, PropertiesMediaTypeDigestAndSizeAreRequired) {
  EXPECT_EQ(message_for("{}"),
            "stamp: error: cannot read the manifest: config: 'mediaType' is "
            "missing\n");
  EXPECT_EQ(message_for(R"({"mediaType":"application/x"})"),
            "stamp: error: cannot read the manifest: config: 'digest' is missing\n");
  EXPECT_EQ(message_for(fmt::format(R"({{"mediaType":"application/x","digest":"{}"}})", kDigest)),
            "stamp: error: cannot read the manifest: config: 'size' is missing\n");
}

TEST(Descriptor, PropertiesMediaTypeMustBeOneOfRfc6838) {
  EXPECT_EQ(
      message_for(R"({"mediaType":"tar","digest":"x","size":1})"),
      "stamp: error: cannot read the manifest: config.mediaType: 'tar' is not a media type\n");
}

TEST(Descriptor, SizesThatCannotBeAreRefused) {
  for (const char* size :
       {"-1", "9223372036854775808", "18446744073709551616", "1.5", "1e3", "\"1\"", "true", "[]"}) {
    const std::string message = message_for(descriptor(size));
    EXPECT_TRUE(message.starts_with("stamp: error: cannot read the manifest: config.size: "))
        << message;
  }
  EXPECT_EQ(message_for(descriptor("-1")),
            "stamp: error: cannot read the manifest: config.size: -1 is not a size in bytes\n");
}

TEST(Descriptor, LargestSizeIsAccepted) {
  EXPECT_EQ(Manifest::parse(manifest_with(descriptor("9223372036854775807"))).config.size,
            9223372036854775807U);
}

// image-spec 1.1 descriptor.md, "Digests"
TEST(Descriptor, DigestsThatCannotBeVerifiedAreRefused) {
  for (const char* digest :
       {"sha256:../../../etc/passwd", "sha256:", "", "sha512:00", "md5:00",
        "sha256:44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A",
        "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8"}) {
    EXPECT_EQ(kind_of([&] {
                Manifest::parse(manifest_with(fmt::format(
                    R"({{"mediaType":"application/x","digest":"{}","size":1}})", digest)));
              }),
              ErrorKind::invalid)
        << digest;
  }
  EXPECT_EQ(message_for(R"({"mediaType":"application/x","digest":"sha256:../x","size":1})"),
            "stamp: error: '../x' is not a SHA-256 of 64 lower-case hexadecimal digits\n"
            "  while reading 'config.digest' of the manifest\n");
}

// image-spec 1.1 descriptor.md, "Embedded Content"
TEST(Descriptor, EmbeddedContentMustMatchSizeAndDigest) {
  EXPECT_EQ(message_for(descriptor("2", R"(,"data":"e30=")")), "");  // "{}"
  const std::string wrong =
      "stamp: error: cannot read the manifest: config.data: it does not have the size and the "
      "digest of its descriptor\n";
  EXPECT_EQ(message_for(descriptor("2", R"(,"data":"W10=")")), wrong);
  EXPECT_EQ(message_for(descriptor("3", R"(,"data":"e30=")")), wrong);
  for (const char* data : {"e30", "e3=0", "====", "e30=e30=", "e3\\u00000=", "e31="}) {
    EXPECT_EQ(message_for(descriptor("2", fmt::format(R"(,"data":"{}")", data))),
              "stamp: error: cannot read the manifest: config.data: it is not base64\n")
        << data;
  }
}

TEST(Descriptor, UrlsMustBeTexts) {
  EXPECT_EQ(message_for(descriptor("2", R"(,"urls":["https://x/"])")), "");
  EXPECT_EQ(message_for(descriptor("2", R"(,"urls":[1])")),
            "stamp: error: cannot read the manifest: config.urls[0]: it must be a text\n");
}

// image-spec 1.1 annotations.md, "Rules"
TEST(Descriptor, AnnotationsMustBeTexts) {
  EXPECT_EQ(message_for(descriptor("2", R"(,"annotations":{"a":1})")),
            "stamp: error: cannot read the manifest: config.annotations.a: it must be a text\n");
  EXPECT_EQ(message_for(descriptor("2", R"(,"annotations":[])")),
            "stamp: error: cannot read the manifest: config.annotations: it must be an object\n");
}

}  // namespace
}  // namespace stamp::oci
