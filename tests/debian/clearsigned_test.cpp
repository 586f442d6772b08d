#include "debian/clearsigned.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace stamp::debian {
namespace {

const std::string kBegin = "-----BEGIN PGP SIGNED MESSAGE-----\n";
const std::string kHash = "Hash: SHA512\n";
const std::string kText = "Origin: Fake\nSuite: x\n";
const std::string kSignature =
    "-----BEGIN PGP SIGNATURE-----\n\nabcd\n=1234\n-----END PGP SIGNATURE-----\n";

std::string failure(const std::string& message) {
  return message_of([&] { static_cast<void>(parse_clearsigned(message)); });
}

std::string refusal(int line, const std::string& problem) {
  return "stamp: error: cannot read the signed message, line " + std::to_string(line) + ": " +
         problem + "\n";
}

TEST(Clearsigned, TakesAMessageApart) {
  const Clearsigned message = parse_clearsigned(kBegin + kHash + "\n" + kText + kSignature);
  EXPECT_EQ(message.text, kText);
  EXPECT_EQ(message.signature, kSignature);
  EXPECT_EQ(message.hashes, std::vector<std::string>{"SHA512"});
}

TEST(Clearsigned, UndoesDashEscapes) {
  EXPECT_EQ(parse_clearsigned(kBegin + kHash + "\n- -x\n- From\n" + kSignature).text, "-x\nFrom\n");
}

TEST(Clearsigned, ReadsSeveralHashes) {
  const Clearsigned message =
      parse_clearsigned(kBegin + "Hash: SHA256,SHA512\nHash: SHA256\n\n" + kText + kSignature);
  EXPECT_EQ(message.hashes, (std::vector<std::string>{"SHA256", "SHA512", "SHA256"}));
}

// D1: unsigned text before, after and between.
TEST(Clearsigned, RefusesTextOutsideTheBlocks) {
  const std::string good = kBegin + kHash + "\n" + kText + kSignature;
  EXPECT_EQ(failure("Origin: Evil\n" + good),
            refusal(1, "it does not begin with a signed message"));
  EXPECT_EQ(failure("\n" + good), refusal(1, "it does not begin with a signed message"));
  EXPECT_EQ(failure(good + "Origin: Evil\n"), refusal(11, "something follows the signature"));
  EXPECT_EQ(failure(good + "\n"), refusal(11, "something follows the signature"));
  EXPECT_EQ(failure(good + good), refusal(11, "something follows the signature"));
  EXPECT_EQ(failure(kText), refusal(1, "it does not begin with a signed message"));
  EXPECT_EQ(failure(""), refusal(1, "the message ends before it began"));
}

TEST(Clearsigned, RefusesOtherBlocksInside) {
  EXPECT_EQ(failure(kBegin + kHash + "\n" + kBegin + kText + kSignature),
            refusal(4, "a line of the text begins with a dash"));
  EXPECT_EQ(failure(kBegin + kHash + "\n-x\n" + kSignature),
            refusal(4, "a line of the text begins with a dash"));
  EXPECT_EQ(failure(kBegin + kHash + "\n" + kText + "-----BEGIN PGP SIGNATURE-----\n\n" + kBegin),
            refusal(8, "a line of the signature begins with a dash"));
}

TEST(Clearsigned, RefusesOtherHeaders) {
  EXPECT_EQ(failure(kBegin + kHash + "Comment: x\n\n" + kText + kSignature),
            refusal(3, "only 'Hash:' may stand before the text"));
  EXPECT_EQ(failure(kBegin + "\n" + kText + kSignature), refusal(2, "no 'Hash:' names the digest"));
  EXPECT_EQ(failure(kBegin + "Hash: SHA1\n\n" + kText + kSignature),
            refusal(2, "the digest 'SHA1' is not accepted"));
  std::string many = kBegin;
  for (int i = 0; i < 1000; ++i) many += kHash;
  EXPECT_EQ(failure(many + "\n" + kText + kSignature), refusal(18, "too many digests are named"));
}

TEST(Clearsigned, RefusesControlCharacters) {
  EXPECT_EQ(failure(kBegin + kHash + "\r\n" + kText + kSignature),
            refusal(3, "a control character"));
  EXPECT_EQ(failure(kBegin + kHash + "\nOrigin:\fx\n" + kSignature),
            refusal(4, "a control character"));
  EXPECT_EQ(failure(kBegin + kHash + "\n" + std::string("a\0b\n", 4) + kSignature),
            refusal(4, "a control character"));
}

TEST(Clearsigned, RefusesWhatEndsEarly) {
  EXPECT_EQ(failure(kBegin), refusal(2, "the message ends before its text"));
  EXPECT_EQ(failure(kBegin + kHash + "\n" + kText),
            refusal(6, "the message ends before its signature"));
  EXPECT_EQ(failure(kBegin + kHash + "\n" + kText + "-----BEGIN PGP SIGNATURE-----\n\nabcd\n"),
            refusal(9, "the message ends before the end of its signature"));
  EXPECT_EQ(failure(kBegin + kHash + "\nOrigin"), refusal(4, "the last line is not ended"));
}

TEST(Clearsigned, RefusesHugeMessages) {
  EXPECT_EQ(failure(std::string(11U << 20U, 'x')),
            "stamp: error: cannot read the signed message: it has more than 10485760 bytes\n");
}

}  // namespace
}  // namespace stamp::debian
