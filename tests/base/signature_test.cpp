#include "base/signature.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/temp_file.h"
#include "tests/expect_error.h"

namespace stamp {
namespace {

// RFC 8032 section 7.1, TEST 2: the key and its signature over the byte 0x72.
constexpr std::string_view kEd25519 =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
    "-----END PRIVATE KEY-----\n";

TEST(Signature, Ed25519IsThatOfTheRfc) {
  const SigningKey key = SigningKey::parse(kEd25519, "key");
  const std::string signature = key.sign("\x72");
  EXPECT_EQ(to_hex(as_bytes(signature)),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

class Keys : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, std::string_view text,
                              std::filesystem::perms mode = std::filesystem::perms(0600)) {
    const std::filesystem::path path = temp_.path() / name;
    replace_file(path, text);
    std::filesystem::permissions(path, mode);
    return path;
  }
  TempDir temp_;
};

constexpr std::string_view kEd25519Public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
    "-----END PUBLIC KEY-----\n";

TEST_F(Keys, WhatOneHalfSignsTheOtherAccepts) {
  const SigningKey key = SigningKey::parse(kEd25519, "key");
  const VerifyingKey half = VerifyingKey::parse(kEd25519Public, "key.pub");
  const std::string signature = key.sign("text");
  EXPECT_TRUE(half.verify("text", signature));
  EXPECT_TRUE(key.verifying_key().verify("text", signature));
  EXPECT_EQ(half.fingerprint(), key.verifying_key().fingerprint());
}

TEST_F(Keys, NothingElseIsAccepted) {
  const SigningKey key = SigningKey::parse(kEd25519, "key");
  const std::string signature = key.sign("text");
  EXPECT_FALSE(key.verifying_key().verify("Text", signature));
  EXPECT_FALSE(key.verifying_key().verify("text ", signature));
  EXPECT_FALSE(key.verifying_key().verify("text", ""));
  EXPECT_FALSE(key.verifying_key().verify("text", signature.substr(1)));
  std::string other = signature;
  other[10] = static_cast<char>(other[10] ^ 1);
  EXPECT_FALSE(key.verifying_key().verify("text", other));
}

// Made with `openssl ecparam -name prime256v1 -genkey`, in both of its forms.
constexpr std::string_view kP256 = R"(-----BEGIN EC PRIVATE KEY-----
MHcCAQEEINTGmK6Qh8C9EMO7xszU42zjRlFxCve8cliIkevAfhtEoAoGCCqGSM49
AwEHoUQDQgAENwSwkDg6D0WZGny/14ra98DqngPVmDeBCeFOu82PZS4YIIBjvvBm
jlA9xAa6MNF8j78eTInjCz0Knt2sbtGlqw==
-----END EC PRIVATE KEY-----
)";

TEST_F(Keys, P256Works) {
  const SigningKey key = SigningKey::parse(kP256, "key");
  const std::string signature = key.sign("text");
  EXPECT_TRUE(key.verifying_key().verify("text", signature));
  EXPECT_FALSE(key.verifying_key().verify("other", signature));
  EXPECT_FALSE(SigningKey::parse(kEd25519, "key").verifying_key().verify("text", signature));
}

constexpr std::string_view kP384 = R"(-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEZ1uq9wLoSj2t8HuRBfPF7aoeKz5o0ebl
I5yi1lPJQbXSsXRH9wmgEf9mj8SzyA6pj+jG7BqkZ2FcpBpVnUXMF6c4YotWTQ55
hh8FEjICIjdwjsaxt6ayGGbBzgLCOhrH
-----END PUBLIC KEY-----
)";

TEST_F(Keys, OtherKindsAreRefused) {
  EXPECT_EQ(message_of([] { VerifyingKey::parse(kP384, "ci.pub"); }),
            "stamp: error: cannot use the key 'ci.pub': it is neither for Ed25519 nor for ECDSA "
            "with P-256\n  try: openssl genpkey -algorithm ed25519 -out FILE\n");
}

TEST_F(Keys, WhatIsNoKeyIsRefused) {
  EXPECT_EQ(message_of([] { VerifyingKey::parse("ssh-ed25519 AAAA", "ci.pub"); }),
            "stamp: error: cannot use the key 'ci.pub': it is no public key in PEM\n"
            "  try: openssl pkey -in PRIVATE-KEY -pubout -out FILE\n");
  EXPECT_EQ(message_of([] { VerifyingKey::parse(kEd25519, "ci"); }),
            "stamp: error: cannot use the key 'ci': it is a private key, and a public one is "
            "needed here\n  try: openssl pkey -in ci -pubout -out FILE\n");
  EXPECT_EQ(message_of([] { SigningKey::parse(kEd25519Public, "ci.pub"); }),
            "stamp: error: cannot use the key 'ci.pub': it is no private key in PEM\n"
            "  try: openssl genpkey -algorithm ed25519 -out FILE\n");
  const std::string two = std::string(kEd25519Public) + std::string(kEd25519Public);
  EXPECT_EQ(message_of([&] { VerifyingKey::parse(two, "two"); }),
            "stamp: error: cannot use the key 'two': there are several keys in it\n"
            "  try: give each key a file of its own\n");
}

// `openssl genpkey -algorithm ed25519 -aes256 -pass pass:x`
constexpr std::string_view kEncrypted = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhoXgrDNwRkpQICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAAwdkGwVBfKmvAUj4E5hYQEQJeT
/ojg1PjUJF87MdzSXksFEiffBootEjV4SqAaCD8fLUfaF84NQuRvTCQfL+l4WbXh
qGbLt48jnzhCSTnQ07A=
-----END ENCRYPTED PRIVATE KEY-----
)";

TEST_F(Keys, AnEncryptedKeyIsRefusedAndNobodyIsAsked) {
  EXPECT_EQ(message_of([] { SigningKey::parse(kEncrypted, "ci"); }),
            "stamp: error: cannot use the key 'ci': it is encrypted, and there is nobody to ask "
            "for a passphrase\n  try: openssl pkey -in ci -out FILE\n");
}

TEST_F(Keys, APrivateKeyThatEverybodyMayReadIsRefused) {
  const std::filesystem::path path = write("ci", kEd25519);
  EXPECT_EQ(SigningKey::load(path).verifying_key().fingerprint(),
            VerifyingKey::load(write("ci.pub", kEd25519Public)).fingerprint());
  write("ci", kEd25519, std::filesystem::perms(0644));
  EXPECT_EQ(message_of([&] { SigningKey::load(path); }),
            "stamp: error: cannot use the key '" + path.string() +
                "': everybody may read it\n  try: chmod 600 " + path.string() + "\n");
}

}  // namespace
}  // namespace stamp
