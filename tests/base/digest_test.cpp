#include "base/digest.h"

#include "tests/expect_error.h"

namespace stamp {
namespace {

// FIPS 180-4, examples of NIST for SHA-256
constexpr std::string_view kAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kEmpty =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Digest, OfKnownTexts) {
  EXPECT_EQ(Digest::of("abc").hex(), kAbc);
  EXPECT_EQ(Digest::of("").hex(), kEmpty);
}

TEST(Digest, ParsesWhatItPrints) {
  const std::string text = "sha256:" + std::string(kAbc);
  EXPECT_EQ(Digest::parse(text).str(), text);
  EXPECT_EQ(Digest::parse_hex(kAbc), Digest::parse(text));
}

TEST(Digest, BriefHasTwelveDigits) {
  EXPECT_EQ(Digest::of("abc").brief(), "sha256:ba7816bf8f01");
}

TEST(Digest, ParseRefusesWhatIsNone) {
  const std::string digits(kAbc);
  for (const std::string& text :
       {std::string(), digits, std::string("sha256:"), "sha256:" + digits + "0",
        "sha256:" + digits.substr(1), "sha256:" + digits.substr(0, 63) + "A",
        "sha256:" + digits.substr(0, 63) + "g", "SHA256:" + digits, "sha256:../" + digits.substr(3),
        " sha256:" + digits, "sha512:" + digits + digits}) {
    EXPECT_EQ(kind_of([&] { Digest::parse(text); }), ErrorKind::invalid) << text;
  }
  EXPECT_EQ(message_of([] { Digest::parse("md5:0"); }),
            "stamp: error: 'md5:0' is not a digest of the form sha256:<64 hexadecimal digits>\n");
  EXPECT_EQ(message_of([] { Digest::parse("sha256:0"); }),
            "stamp: error: '0' is not a SHA-256 of 64 lower-case hexadecimal digits\n");
}

TEST(Digest, OrdersLikeItsText) {
  const Digest a = Digest::parse_hex(kAbc);
  const Digest e = Digest::parse_hex(kEmpty);
  EXPECT_LT(a, e);
  EXPECT_LT(a.str(), e.str());
}

TEST(Hasher, PiecesMakeTheWhole) {
  Hasher hasher;
  hasher.update(std::as_bytes(std::span(std::string_view("a"))));
  hasher.update({});
  hasher.update(std::as_bytes(std::span(std::string_view("bc"))));
  EXPECT_EQ(hasher.finish(), Digest::of("abc"));
}

TEST(HashHex, OfAbc) {  // FIPS 180-4, examples; RFC 1321, appendix A.5
  const auto hash = [](HashAlgorithm algorithm) {
    return hash_hex(algorithm, std::as_bytes(std::span(std::string_view("abc"))));
  };
  EXPECT_EQ(hash(HashAlgorithm::md5), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hash(HashAlgorithm::sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hash(HashAlgorithm::sha224),
            "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
  EXPECT_EQ(hash(HashAlgorithm::sha256),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash(HashAlgorithm::sha384),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
            "8086072ba1e7cc2358baeca134c825a7");
  EXPECT_EQ(hash(HashAlgorithm::sha512),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Md5, OfKnownTexts) {  // RFC 1321, appendix A.5
  EXPECT_EQ(md5_hex({}), "d41d8cd98f00b204e9800998ecf8427e");
  Md5 md5;
  md5.update(std::as_bytes(std::span(std::string_view("message "))));
  md5.update(std::as_bytes(std::span(std::string_view("digest"))));
  EXPECT_EQ(md5.finish_hex(), "f96b697d7cb7938d525a2f31aaf161d0");
}

}  // namespace
}  // namespace stamp
