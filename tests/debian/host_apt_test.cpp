#include "debian/host_apt.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace stamp::debian {
namespace {

using Mirrors = std::vector<std::string>;

constexpr const char* kDebian = "https://snapshot.debian.org/archive/debian";
constexpr const char* kSecurity = "https://snapshot.debian.org/archive/debian-security";

const std::vector<AptSourcesFile> kSources = {
    {"debian.sources",
     "# comment\nTypes: deb deb-src\nURIs: http://mirror.example/debian/\n"
     "# between\n http://second.example/debian\nSuites: bookworm\nComponents: main\n\n"
     "Types: deb\nURIs: http://mirror.example/debian-security\nSuites: bookworm-security\n"}};

TEST(HostApt, FindsTheMirrorOfAnArchive) {
  EXPECT_EQ(host_apt_mirrors(kDebian, kSources),
            (Mirrors{"http://mirror.example/debian", "http://second.example/debian"}));
  EXPECT_EQ(host_apt_mirrors(kSecurity, kSources),
            (Mirrors{"http://mirror.example/debian-security"}));
}

TEST(HostApt, KnowsDatedAddresses) {
  EXPECT_EQ(
      host_apt_mirrors("https://snapshot.debian.org/archive/debian/20261120T000000Z/", kSources),
      host_apt_mirrors(kDebian, kSources));
  const std::vector<AptSourcesFile> dated = {
      {"x.list", "deb https://snapshot.debian.org/archive/debian/20250520T000000Z bookworm main"}};
  EXPECT_EQ(host_apt_mirrors(kDebian, dated),
            (Mirrors{"https://snapshot.debian.org/archive/debian/20250520T000000Z"}));
}

TEST(HostApt, ReadsListFiles) {
  const std::vector<AptSourcesFile> files = {
      {"sources.list",
       "# deb http://no.example/debian bookworm main\n"
       "deb-src http://no.example/debian bookworm main\n"
       "deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] https://a.example/debian bookworm\n"
       "deb http://a.example/ubuntu jammy main\n"
       "deb\tfile:/srv/debian  bookworm main # local\n"
       "deb [broken http://no.example/debian\n"
       "deb ftp://no.example/debian bookworm main\n"
       "deb https://me:secret@no.example/debian bookworm main\n"
       "deb cdrom:[Debian]/ bookworm main\n"
       "deb https://a.example/debian bookworm-updates main\n"}};
  EXPECT_EQ(host_apt_mirrors(kDebian, files),
            (Mirrors{"https://a.example/debian", "file:///srv/debian"}));
}

TEST(HostApt, PassesOverWhatIsDisabled) {
  const std::vector<AptSourcesFile> files = {{"x.sources",
                                              "Enabled: no\nTypes: deb\nURIs: http://a/debian\n\n"
                                              "Types: deb-src\nURIs: http://b/debian\n\n"
                                              "types: deb\nuris: http://c/debian\nenabled: yes\n"}};
  EXPECT_EQ(host_apt_mirrors(kDebian, files), (Mirrors{"http://c/debian"}));
}

TEST(HostApt, ToleratesNonsense) {
  const std::vector<AptSourcesFile> files = {{"x.sources", "no colon\n: \n \n\n:::\n"},
                                             {"y.list", "deb\n\ndeb []\n[]\n"}};
  EXPECT_EQ(host_apt_mirrors(kDebian, files), Mirrors{});
  EXPECT_EQ(host_apt_mirrors("", files), Mirrors{});
}

}  // namespace
}  // namespace stamp::debian
