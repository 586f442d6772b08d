#include "debian/inrelease.h"

#include <string>

#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/time.h"
#include "tests/expect_error.h"

namespace stamp::debian {
namespace {

const std::filesystem::path kData = STAMP_TEST_DATA;

std::string bytes_of(const std::string& name) {
  return read_file(kData / name);
}

VerifiedRelease verify(const std::string& message, const std::string& keyring,
                       const std::string& time = "2026-11-12T00:00:00Z") {
  return verify_inrelease(ResolverProgram(STAMP_TEST_RESOLVER), message,
                          {.keyring = keyring, .time = parse_rfc3339(time)});
}

std::string failure(const std::string& message, const std::string& keyring,
                    const std::string& time = "2026-11-12T00:00:00Z") {
  return message_of([&] { static_cast<void>(verify(message, keyring, time)); });
}

std::string refusal(const std::string& cause) {
  return "stamp: error: cannot verify the InRelease file: " + cause + "\n";
}

const std::string kKeyringHint = "\n  try: name the archive's keyring in the source's 'keyring'";

TEST(InRelease, AGoodSignatureGivesTheRelease) {
  const std::string message = bytes_of("good.inrelease");
  const VerifiedRelease verified = verify(message, bytes_of("keyring.gpg"));
  EXPECT_EQ(verified.release.codename, "fakeworm");
  EXPECT_EQ(verified.release.entries.size(), 2U);
  EXPECT_EQ(verified.fingerprint.size(), 40U);
  EXPECT_EQ(verified.digest, Digest::of(message));
}

TEST(InRelease, KeyringsMayBeArmoured) {
  EXPECT_EQ(verify(bytes_of("good.inrelease"), bytes_of("good.asc")).fingerprint,
            verify(bytes_of("good.inrelease"), bytes_of("keyring.gpg")).fingerprint);
}

// D4: a lock is replayed with the key and the time that it recorded.
TEST(InRelease, TheRecordedKeyIsEnoughToVerifyAgain) {
  const std::string message = bytes_of("good.inrelease");
  const VerifiedRelease first = verify(message, bytes_of("keyring.gpg"));
  const VerifiedRelease again = verify(message, decode_key(first.key));
  EXPECT_EQ(again.fingerprint, first.fingerprint);
  EXPECT_EQ(again.key, first.key);
  EXPECT_NE(failure(bytes_of("other.inrelease"), decode_key(first.key)), "");
}

TEST(InRelease, AnUnknownSecondSignerDoesNotMatter) {
  const std::string fingerprint =
      verify(bytes_of("good.inrelease"), bytes_of("keyring.gpg")).fingerprint;
  for (const char* name : {"good-and-other.inrelease", "other-and-good.inrelease"}) {
    EXPECT_EQ(verify(bytes_of(name), bytes_of("keyring.gpg")).fingerprint, fingerprint) << name;
  }
}

TEST(InRelease, ASubkeyCountsAsItsPrimaryKey) {
  const VerifiedRelease verified = verify(bytes_of("withsub.inrelease"), bytes_of("keyring.gpg"));
  EXPECT_EQ(verify(bytes_of("withsub.inrelease"), decode_key(verified.key)).fingerprint,
            verified.fingerprint);
}

TEST(InRelease, RefusesUnknownKeys) {
  const std::string message = failure(bytes_of("other.inrelease"), bytes_of("keyring.gpg"));
  EXPECT_TRUE(message.starts_with("stamp: error: cannot verify the InRelease file: the key "))
      << message;
  EXPECT_NE(message.find(" is not in the keyring" + kKeyringHint + "\n"), std::string::npos)
      << message;
}

TEST(InRelease, RefusesExpiredKeys) {
  const std::string message = failure(bytes_of("expired.inrelease"), bytes_of("keyring.gpg"));
  EXPECT_NE(message.find(" expired on 2026-06-01T"), std::string::npos) << message;
  // At a time when the key was valid, the same file is good.
  EXPECT_EQ(failure(bytes_of("expired.inrelease"), bytes_of("keyring.gpg"), "2026-04-01T00:00:00Z"),
            "");
}

TEST(InRelease, RefusesRevokedKeys) {
  const std::string message = failure(bytes_of("revoked.inrelease"), bytes_of("keyring.gpg"));
  EXPECT_NE(message.find(" is revoked"), std::string::npos) << message;
}

TEST(InRelease, RefusesWeakDigests) {
  EXPECT_EQ(failure(bytes_of("sha1.inrelease"), bytes_of("keyring.gpg")),
            "stamp: error: cannot read the signed message, line 2: the digest 'SHA1' is not "
            "accepted\n  while reading the InRelease file\n");
}

TEST(InRelease, RefusesChangedText) {
  std::string message = bytes_of("good.inrelease");
  message.replace(message.find("Fake"), 4, "Evil");
  const std::string text = failure(message, bytes_of("keyring.gpg"));
  EXPECT_NE(text.find(" is wrong\n"), std::string::npos) << text;
  EXPECT_EQ(kind_of([&] { static_cast<void>(verify(message, bytes_of("keyring.gpg"))); }),
            ErrorKind::corrupt);
}

TEST(InRelease, RefusesUnsignedText) {
  const std::string message = bytes_of("good.inrelease");
  EXPECT_NE(failure("Origin: Evil\n\n" + message, bytes_of("keyring.gpg")), "");
  EXPECT_NE(failure(message + "Origin: Evil\n", bytes_of("keyring.gpg")), "");
  EXPECT_NE(failure("Origin: Evil\nDate: Tue, 10 Nov 2026 10:00:00 UTC\n", bytes_of("keyring.gpg")),
            "");
}

TEST(InRelease, RefusesSignaturesFromTheFuture) {
  const std::string text =
      failure(bytes_of("good.inrelease"), bytes_of("keyring.gpg"), "2026-11-10T10:00:00Z");
  EXPECT_NE(text.find(" was made on 2026-11-10T10:01:00Z, later than 2026-11-10T10:00:00Z\n  try: "
                      "set this machine's clock\n"),
            std::string::npos)
      << text;
}

TEST(InRelease, RefusesWhatIsNoKeyring) {
  EXPECT_EQ(failure(bytes_of("good.inrelease"), "no keys"),
            refusal("the keyring holds no OpenPGP keys"));
  EXPECT_NE(failure(bytes_of("good.inrelease"), ""), "");
}

}  // namespace
}  // namespace stamp::debian
