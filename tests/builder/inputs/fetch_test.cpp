#include "builder/inputs/fetch.h"

#include <filesystem>

#include "builder/inputs/places.h"
#include "tests/builder/builder_fixture.h"
#include "tests/builder/recipe_fixture.h"

namespace stamp::build {
namespace {

using Urls = std::vector<std::string>;

/// No server answers: what is fetched lies in files.
class NoServer final : public registry::Transport {
 public:
  registry::Response send(const registry::Request&, const registry::ChooseSink&) override {
    throw Error(ErrorKind::denied, "no server here");
  }
};

class FetchTest : public BuilderTest {
 protected:
  /// Places that are folders of this machine: mirrors first, the archive's own tree last.
  Fetcher& fetcher(const std::vector<std::string>& mirrors) {
    workspace::UserSettings settings;
    workspace::Mirror mirror;
    mirror.prefix = archive();
    for (const std::string& name : mirrors) mirror.places.push_back(url(name));
    settings.mirrors = {mirror};
    places_.emplace(settings, std::vector<debian::AptSourcesFile>{});
    return fetcher_.emplace(downloader_, *places_, temp() / "scratch");
  }
  std::string url(std::string_view name) const {
    return fmt::format("file://{}/{}", temp().string(), name);
  }
  std::string archive() const { return url("archive"); }

  PackageSegment package(std::string_view content) const {
    PackageSegment segment;
    segment.package = locked_package("app");
    segment.package.size = content.size();
    segment.package.digest = Digest::of(content);
    segment.release.archive = archive();
    segment.release.snapshot = "20261120T000000Z";
    return segment;
  }
  static std::string read(Source& source) { return read_all(source, 1U << 20U, "it"); }
  bool scratch_is_empty() const {
    return !std::filesystem::exists(temp() / "scratch") ||
           std::filesystem::is_empty(temp() / "scratch");
  }

  NoServer transport_;
  registry::Downloader downloader_{transport_, clock_};
  std::optional<Places> places_;
  std::optional<Fetcher> fetcher_;
};

TEST_F(FetchTest, ReadsAFileOfThisMachineWhereItLies) {
  write("one/pool/app.deb", "good");
  const std::unique_ptr<Source> source =
      fetcher({"one"}).open(package("good"), Checked::while_read);
  EXPECT_EQ(read(*source), "good");
  EXPECT_TRUE(scratch_is_empty());
}

TEST_F(FetchTest, WrongBytesAreNoticedWhileTheyAreRead) {
  write("one/pool/app.deb", "evil");
  const std::unique_ptr<Source> source =
      fetcher({"one"}).open(package("good"), Checked::while_read);
  EXPECT_EQ(kind_of([&] { read(*source); }), ErrorKind::corrupt);
}

TEST_F(FetchTest, PlaceWithWrongBytesIsPassedOver) {
  write("one/pool/app.deb", "evil");
  write("two/pool/app.deb", "good");
  const std::unique_ptr<Source> source =
      fetcher({"one", "two"}).open(package("good"), Checked::before);
  EXPECT_EQ(read(*source), "good");
  EXPECT_TRUE(scratch_is_empty());
}

TEST_F(FetchTest, PlaceWithAnotherSizeIsPassedOverAtOnce) {
  write("one/pool/app.deb", "too much of it");
  write("two/pool/app.deb", "good");
  const std::unique_ptr<Source> source =
      fetcher({"one", "two"}).open(package("good"), Checked::while_read);
  EXPECT_EQ(read(*source), "good");
}

TEST_F(FetchTest, DatedTreeOfTheArchiveIsTriedLast) {
  write("archive/20261120T000000Z/pool/app.deb", "good");
  const std::unique_ptr<Source> source =
      fetcher({"one"}).open(package("good"), Checked::while_read);
  EXPECT_EQ(read(*source), "good");
}

TEST_F(FetchTest, PackageThatNoPlaceHasIsNamedWithThePlacesAndWhatToDo) {
  write("two/pool/app.deb", "evil");
  const PackageSegment wanted = package("good");
  EXPECT_EQ(
      message_of([&] {
        fetcher({"one", "two"}).open(wanted, Checked::before);
      }),
      fmt::format(
          "stamp: error: cannot fetch package app 1.0 (amd64): none of 3 places has it\n"
          "  {0}/one/pool/app.deb: cannot open '{1}/one/pool/app.deb': no such file or "
          "directory\n"
          "  {0}/two/pool/app.deb: its bytes are others than announced: {2} instead of {3}\n"
          "  {0}/archive/20261120T000000Z/pool/app.deb: cannot open "
          "'{1}/archive/20261120T000000Z/pool/app.deb': no such file or directory\n"
          "  try: run 'stamp lock --update=app' to lock a version that the mirrors have, or "
          "name a mirror that keeps old versions in the settings ('mirrors:')\n",
          "file://" + temp().string(), temp().string(), Digest::of(std::string_view("evil")).str(),
          Digest::of(std::string_view("good")).str()));
}

TEST_F(FetchTest, ArchiveThatChangedIsNamedWithWhatToDo) {
  write("x.tar", "evil");
  ArchiveSegment segment;
  segment.archive = {url("x.tar"), Digest::of(std::string_view("good")), 4};
  EXPECT_EQ(message_of([&] { fetcher({}).open(segment, Checked::before); }),
            fmt::format("stamp: error: cannot fetch archive {0}: its bytes are others than "
                        "announced: {1} instead of {2}\n"
                        "  in:  {0}\n"
                        "  try: run 'stamp lock --update' if the archive was meant to change\n",
                        url("x.tar"), Digest::of(std::string_view("evil")).str(),
                        Digest::of(std::string_view("good")).str()));
}

TEST(Places, HostAptComesFirstAndTheDatedTreeLast) {
  const Places places({}, {{"debian.sources",
                            "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n"}});
  EXPECT_EQ(places.urls("https://snapshot.debian.org/archive/debian", "20261120T000000Z", "pool/x"),
            (Urls{"http://mirror.example/debian/pool/x",
                  "https://snapshot.debian.org/archive/debian/20261120T000000Z/pool/x"}));
  EXPECT_EQ(places.urls("https://example.org/other", "", "pool/x"),
            (Urls{"https://example.org/other/pool/x"}));
}

TEST(Places, MirrorsOfTheSettingsTakeThePlaceOfHostApt) {
  workspace::UserSettings settings;
  settings.mirrors = {{"https://snapshot.debian.org/archive/debian",
                       {"https://near.example/debian", "host-apt", "https://near.example/debian"}}};
  const Places places(settings, {{"a.list", "deb http://mirror.example/debian bookworm main\n"}});
  EXPECT_EQ(places.urls("https://snapshot.debian.org/archive/debian", "", "x"),
            (Urls{"https://near.example/debian/x", "http://mirror.example/debian/x",
                  "https://snapshot.debian.org/archive/debian/x"}));
}

}  // namespace
}  // namespace stamp::build
