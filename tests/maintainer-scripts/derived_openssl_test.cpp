// Hashes and links as openssl rehash of OpenSSL 3.0 gives them for these certificates, which were
// made for this test.

#include <gtest/gtest.h>

#include "base/certificate.h"
#include "tests/maintainer-scripts/derived_machine.h"

namespace stamp::scripts {
namespace {

constexpr const char* kRoot =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBmjCCAT+gAwIBAgIUTN7QBvDh4xiQxieurolS4MxeUAEwCgYIKoZIzj0EAwIw\n"
    "ITEQMA4GA1UECgwHRXhhbXBsZTENMAsGA1UEAwwEUm9vdDAgFw0yNjExMjExMjI0\n"
    "NDZaGA8yMTI2MTAyODEyMjQ0NlowITEQMA4GA1UECgwHRXhhbXBsZTENMAsGA1UE\n"
    "AwwEUm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDqnKp7z4WRCDqWeqGqF\n"
    "nSsu6H4y+NPls283R3RJR1kEFuq9lmHPWMl1kTqO8VWKKtRbgFxKNhKn9U8n+8kr\n"
    "atCjUzBRMB0GA1UdDgQWBBROl7hPsSLh009sVL/xcc/em5dBBzAfBgNVHSMEGDAW\n"
    "gBROl7hPsSLh009sVL/xcc/em5dBBzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49\n"
    "BAMCA0kAMEYCIQCiboNKYxcaFYzdYoI+N6G0vg1rZvjEl24rsVAazoyjNQIhAOkf\n"
    "YNpZ57U+ZHen0CJT3QQJRZ1ruwtplPTWKxP8LM+h\n"
    "-----END CERTIFICATE-----\n";

constexpr const char* kRootAgain =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBmjCCAT+gAwIBAgIUeLO3LhwmsDE0k9cUyspvhrEb8oowCgYIKoZIzj0EAwIw\n"
    "ITEQMA4GA1UECgwHRXhhbXBsZTENMAsGA1UEAwwEUm9vdDAgFw0yNjExMjExMjI0\n"
    "NDZaGA8yMTI2MTAyODEyMjQ0NlowITEQMA4GA1UECgwHRXhhbXBsZTENMAsGA1UE\n"
    "AwwEUm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDqnKp7z4WRCDqWeqGqF\n"
    "nSsu6H4y+NPls283R3RJR1kEFuq9lmHPWMl1kTqO8VWKKtRbgFxKNhKn9U8n+8kr\n"
    "atCjUzBRMB0GA1UdDgQWBBROl7hPsSLh009sVL/xcc/em5dBBzAfBgNVHSMEGDAW\n"
    "gBROl7hPsSLh009sVL/xcc/em5dBBzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49\n"
    "BAMCA0kAMEYCIQCBxSKdJT82wkde7sIAha5A+uSMp93pBtxGWRpefwA6fwIhAKm8\n"
    "+5kt33rknrZCsLiBPIDgiU67XUE5pmw/ze4yW+6K\n"
    "-----END CERTIFICATE-----\n";

constexpr const char* kOther =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBnDCCAUGgAwIBAgIUGsySh5sI5xJtsBuBAWN0TWKLG5MwCgYIKoZIzj0EAwIw\n"
    "IjEQMA4GA1UECgwHRXhhbXBsZTEOMAwGA1UEAwwFT3RoZXIwIBcNMjYxMTIxMTIy\n"
    "NDQ2WhgPMjEyNjEwMjgxMjI0NDZaMCIxEDAOBgNVBAoMB0V4YW1wbGUxDjAMBgNV\n"
    "BAMMBU90aGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEOqcqnvPhZEIOpZ6o\n"
    "aoWdKy7ofjL40+WzbzdHdElHWQQW6r2WYc9YyXWROo7xVYoq1FuAXEo2Eqf1Tyf7\n"
    "yStq0KNTMFEwHQYDVR0OBBYEFE6XuE+xIuHTT2xUv/Fxz96bl0EHMB8GA1UdIwQY\n"
    "MBaAFE6XuE+xIuHTT2xUv/Fxz96bl0EHMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI\n"
    "zj0EAwIDSQAwRgIhAPi2m3H6H2nqLXpOcoizXHHnHdpOrb3xJV/XfpUJJyfbAiEA\n"
    "zMK5he07d2KhJQr7Af6TdHXEd/O8MSgeKDvAfbV2HqY=\n"
    "-----END CERTIFICATE-----\n";

TEST(Certificates, HaveHashesAndFingerprints) {
  using Kind = CertificateFacts::Kind;
  EXPECT_EQ(read_certificates(std::string(kRoot) + "text between\n" + kOther),
            (std::vector<CertificateFacts>{
                {Kind::certificate, 0xeed652c3, "b4023e565e63b964750ec6fa93bf88f5a0a64a6d"},
                {Kind::certificate, 0xc8f4dffa, "8ecc0640679a456b8dcc50731beea5e073ec0595"}}));
  EXPECT_TRUE(read_certificates("no certificate").empty());
  EXPECT_TRUE(read_certificates("").empty());
}

/// The links of a folder, as "name → target" by name.
std::vector<std::string> links_in(const DerivedMachine& machine, std::string_view folder) {
  std::vector<std::string> links;
  for (const auto& [name, child] : machine.tree.find(folder).inode->children) {
    if (child->is_symlink()) links.push_back(name + " → " + child->link_target);
  }
  return links;
}

TEST(Rehash, LinksCertificatesByTheirHash) {
  DerivedMachine machine;
  machine.file("/certs/b.pem", kRoot);
  machine.file("/certs/a.pem", kRootAgain);
  machine.file("/certs/c.crt", kOther);
  machine.file("/certs/d.pem", kOther);
  machine.file("/certs/bundle.crt", std::string(kRoot) + kOther);
  machine.file("/certs/e.txt", kOther);
  machine.symlink("/certs/00000000.0", "gone.pem");
  const ToolResult result = machine.call({"openssl", "rehash", "/certs"});
  EXPECT_EQ(result.err,
            "rehash: warning: skipping bundle.crt,it does not contain exactly one certificate or "
            "CRL\nrehash: warning: skipping duplicate certificate in d.pem\n");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(
      links_in(machine, "/certs"),
      (std::vector<std::string>{"c8f4dffa.0 → c.crt", "eed652c3.0 → a.pem", "eed652c3.1 → b.pem"}));
  const ToolResult again = machine.call({"openssl", "rehash", "/certs"});
  EXPECT_EQ(again, result);
  EXPECT_EQ(links_in(machine, "/certs").size(), 3U);
}

TEST(Rehash, DropsLinksOfWhatIsGone) {
  DerivedMachine machine;
  machine.file("/certs/a.pem", kRoot);
  machine.symlink("/certs/eed652c3.0", "old.pem");
  machine.symlink("/certs/eed652c3.1", "a.pem");
  machine.call({"openssl", "rehash", "/certs"});
  EXPECT_EQ(links_in(machine, "/certs"), (std::vector<std::string>{"eed652c3.0 → a.pem"}));
}

TEST(Openssl, DoesNothingElse) {
  DerivedMachine machine;
  EXPECT_THROW(machine.call({"openssl", "genrsa", "2048"}), Unknown);
  EXPECT_THROW(machine.call({"openssl"}), Unknown);
  EXPECT_THROW(machine.call({"openssl", "rehash", "-old", "/certs"}), Unknown);
}

}  // namespace
}  // namespace stamp::scripts
