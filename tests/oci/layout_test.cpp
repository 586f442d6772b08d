#include "oci/layout.h"

#include <fstream>
#include <thread>

#include <sys/stat.h>

#include "base/temp_file.h"
#include "oci/manifest.h"
#include "tests/expect_error.h"

namespace stamp::oci {
namespace {

Descriptor image(std::string_view text) {
  return {.media_type = std::string(kMediaTypeManifest),
          .digest = Digest::of(text),
          .size = text.size()};
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

std::int64_t changed_at(const std::filesystem::path& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec;
}

class Layout : public testing::Test {
 protected:
  std::filesystem::path folder() const { return temp_.path() / "out"; }
  std::filesystem::path blob(std::string_view text) const {
    return folder() / "blobs/sha256" / Digest::of(text).hex();
  }
  TempDir temp_;
};

// image-spec 1.1 image-layout.md, "oci-layout file", "index.json file", "Blobs"
TEST_F(Layout, HasTheFilesThatTheSpecWants) {
  LayoutWriter writer(folder());
  writer.put(Digest::of("{}"), "{}");
  writer.tag("1.0", image("{}"));
  EXPECT_EQ(read_file(folder() / "oci-layout"), R"({"imageLayoutVersion":"1.0.0"})");
  EXPECT_EQ(read_file(folder() / "index.json"),
            R"({"manifests":[{"annotations":{"org.opencontainers.image.ref.name":"1.0"},)"
            R"("digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",)"
            R"("mediaType":"application/vnd.oci.image.manifest.v1+json","size":2}],)"
            R"("mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2})");
  EXPECT_EQ(read_file(blob("{}")), "{}");
}

TEST_F(Layout, HoldsNothingElse) {
  LayoutWriter writer(folder());
  writer.put(Digest::of("{}"), "{}");
  writer.tag("", image("{}"));
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    names.insert(entry.path().filename());
  }
  EXPECT_EQ(names, (std::set<std::string>{"blobs", "index.json", "oci-layout"}));
}

TEST_F(Layout, OpeningForWritingMakesNothing) {
  const LayoutWriter writer(folder());
  EXPECT_FALSE(std::filesystem::exists(folder()));
}

TEST_F(Layout, WritesAgainNothingThatIsThere) {
  const auto write = [&] {
    LayoutWriter writer(folder());
    writer.put(Digest::of("{}"), "{}");
    writer.tag("1.0", image("{}"));
  };
  write();
  const std::int64_t index = changed_at(folder() / "index.json");
  const std::int64_t bytes = changed_at(blob("{}"));
  const std::int64_t version = changed_at(folder() / "oci-layout");
  write();
  EXPECT_EQ(changed_at(folder() / "index.json"), index);
  EXPECT_EQ(changed_at(blob("{}")), bytes);
  EXPECT_EQ(changed_at(folder() / "oci-layout"), version);
}

TEST_F(Layout, ABlobOfAnotherSizeIsWrittenAgain) {
  write_file(blob("whole"), "who");
  write_file(folder() / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  LayoutWriter writer(folder());
  EXPECT_FALSE(writer.contains(Digest::of("whole"), 5));
  writer.put(Digest::of("whole"), "whole");
  EXPECT_EQ(read_file(blob("whole")), "whole");
}

TEST_F(Layout, OtherTagsStayInTheirOrder) {
  LayoutWriter writer(folder());
  writer.tag("b", image("1"));
  writer.tag("a", image("2"));
  writer.tag("b", image("3"));
  writer.tag("", image("4"));
  writer.tag("", image("5"));
  const LayoutReader reader(folder());
  ASSERT_EQ(reader.index().manifests.size(), 3U);
  EXPECT_EQ(reader.index().manifests[0].digest, Digest::of("3"));
  EXPECT_EQ(reader.index().manifests[1].digest, Digest::of("2"));
  EXPECT_EQ(reader.index().manifests[2].digest, Digest::of("5"));
  EXPECT_EQ(reader.find("a").digest, Digest::of("2"));
}

TEST_F(Layout, UnknownMembersOfOtherEntriesStay) {
  write_file(folder() / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  const std::string entry = R"({"annotations":{"org.opencontainers.image.ref.name":"x"},)"
                            R"("digest":"sha256:)" +
                            Digest::of("x").hex() +
                            R"(","mediaType":"application/x","size":1,"urls":["u"],"zzz":[1]})";
  write_file(folder() / "index.json", R"({"schemaVersion":2,"manifests":[)" + entry + "]}");
  LayoutWriter(folder()).tag("y", image("y"));
  EXPECT_NE(read_file(folder() / "index.json").find(entry), std::string::npos);
}

TEST_F(Layout, TagsOfSeveralWritersAllStay) {
  constexpr int kWriters = 8;
  std::vector<std::thread> threads;
  for (int i = 0; i < kWriters; ++i) {
    threads.emplace_back([&, i] {
      LayoutWriter writer(folder());
      writer.tag("t" + std::to_string(i), image(std::to_string(i)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(LayoutReader(folder()).index().manifests.size(), 8U);
}

TEST_F(Layout, WrongBytesAreNotPublished) {
  LayoutWriter writer(folder());
  StringSource bytes("wrong");
  EXPECT_EQ(kind_of([&] { writer.put(Digest::of("right"), 5, bytes); }), ErrorKind::corrupt);
  EXPECT_FALSE(std::filesystem::exists(blob("right")));
}

/// Gives these pieces, one after the other.
NextPiece each_of(std::vector<FilePiece> pieces) {
  return [pieces = std::move(pieces), at = std::size_t{0}]() mutable -> std::optional<FilePiece> {
    if (at == pieces.size()) return std::nullopt;
    return pieces[at++];
  };
}

TEST_F(Layout, PutsPiecesOfFilesTogether) {
  write_file(temp_.path() / "a", "0123456789");
  write_file(temp_.path() / "b", "abc");
  const Fd a = open_for_reading(temp_.path() / "a");
  const Fd b = open_for_reading(temp_.path() / "b");
  LayoutWriter writer(folder());
  writer.put(Digest::of("234abc9"), 7,
             each_of({{a.get(), 2, 3}, {b.get(), 0, 3}, {a.get(), 9, 1}}));
  EXPECT_EQ(read_file(blob("234abc9")), "234abc9");
  writer.put(Digest::of("0123456789"), 10, each_of({{a.get(), 0, 10}}));
  EXPECT_EQ(read_file(blob("0123456789")), "0123456789");
}

// What is large goes past the page cache, in writes whose borders are not those of the pieces.
TEST_F(Layout, PutsPiecesOfLargeBlobsTogether) {
  std::string text;
  for (int i = 0; text.size() < (17U << 20U); ++i) text += std::to_string(i);
  write_file(temp_.path() / "a", text);
  const Fd a = open_for_reading(temp_.path() / "a");
  LayoutWriter writer(folder());
  const std::uint64_t size = text.size();
  writer.put(
      Digest::of(text), size,
      each_of({{a.get(), 0, 1}, {a.get(), 1, 5'000'000}, {a.get(), 5'000'001, size - 5'000'001}}));
  EXPECT_EQ(read_file(blob(text)), text);
  EXPECT_EQ(kind_of([&] {
              writer.put(Digest::of("x"), size, each_of({{a.get(), 1, size}}));
            }),
            ErrorKind::corrupt);
  EXPECT_FALSE(std::filesystem::exists(blob("x")));
  const std::string whole = "y" + text;
  write_file(temp_.path() / "b", whole);
  const Fd b = open_for_reading(temp_.path() / "b");
  writer.put(Digest::of(whole), size + 1, each_of({{b.get(), 0, size + 1}}));
  EXPECT_EQ(read_file(blob(whole)), whole);
}

TEST_F(Layout, APieceBeyondTheEndOfItsFileIsAnError) {
  write_file(temp_.path() / "a", "0123");
  const Fd a = open_for_reading(temp_.path() / "a");
  LayoutWriter writer(folder());
  EXPECT_EQ(kind_of([&] {
              writer.put(Digest::of("x"), 3, each_of({{a.get(), 2, 3}}));
            }),
            ErrorKind::corrupt);
  EXPECT_FALSE(std::filesystem::exists(blob("x")));
}

TEST_F(Layout, AFolderWithSomethingElseIsNotWrittenTo) {
  write_file(folder() / "thesis.tex", "x");
  EXPECT_EQ(message_of([&] { LayoutWriter writer(folder()); }),
            "stamp: error: cannot write a layout to '" + folder().string() +
                "': the folder holds something else\n"
                "  try: name a new or an empty folder\n");
}

TEST_F(Layout, AnotherVersionIsRefused) {
  write_file(folder() / "oci-layout", R"({"imageLayoutVersion":"2.0.0"})");
  EXPECT_EQ(message_of([&] { LayoutWriter writer(folder()); }),
            "stamp: error: cannot read the layout: imageLayoutVersion: '2.0.0' is not known, only "
            "1.0.0\n  while reading '" +
                (folder() / "oci-layout").string() + "'\n");
}

TEST_F(Layout, ReaderGivesVerifiedBytes) {
  LayoutWriter(folder()).tag("", image("{}"));
  LayoutWriter(folder()).put(Digest::of("{}"), "{}");
  const LayoutReader reader(folder());
  EXPECT_EQ(reader.read(reader.find("")), "{}");
}

TEST_F(Layout, ReaderNoticesDamage) {
  LayoutWriter(folder()).tag("", image("{}"));
  write_file(blob("{}"), "[]");
  const LayoutReader reader(folder());
  EXPECT_EQ(kind_of([&] { reader.read(image("{}")); }), ErrorKind::corrupt);
  write_file(blob("{}"), "{}}");
  EXPECT_EQ(
      message_of([&] { reader.read(image("{}")); }),
      "stamp: error: cannot read '" + blob("{}").string() + "': it has 3 bytes instead of 2\n");
}

TEST_F(Layout, ReaderFollowsNoLinks) {
  LayoutWriter(folder()).tag("", image("{}"));
  write_file(temp_.path() / "secret", "{}");
  std::filesystem::create_directories(blob("{}").parent_path());
  std::filesystem::create_symlink(temp_.path() / "secret", blob("{}"));
  EXPECT_EQ(kind_of([&] { LayoutReader(folder()).read(image("{}")); }), ErrorKind::io);
}

TEST_F(Layout, ReaderSaysWhatIsMissing) {
  EXPECT_EQ(
      message_of([&] { LayoutReader reader(folder()); }),
      "stamp: error: cannot read '" + folder().string() + "': it is not an OCI image layout\n");
  LayoutWriter(folder()).tag("a", image("1"));
  LayoutWriter(folder()).tag("b", image("2"));
  const LayoutReader reader(folder());
  EXPECT_EQ(message_of([&] { reader.find("c"); }),
            "stamp: error: cannot find the image in layout '" + folder().string() +
                "': it has no tag 'c'\n  try: name one of its tags: a, b\n");
  EXPECT_EQ(message_of([&] { reader.find(""); }),
            "stamp: error: cannot find the image in layout '" + folder().string() +
                "': it holds 2 images\n  try: name one of its tags: a, b\n");
}

TEST_F(Layout, TakesABlobThatIsWrittenInPlace) {
  LayoutWriter writer(folder());
  writer.prepare();
  writer.put(Digest::of("here"), [](const Fd& file, const std::string& path) {
    write_all(file.get(), as_bytes("here"), path);
  });
  EXPECT_EQ(read_file(blob("here")), "here");
  EXPECT_TRUE(writer.contains(Digest::of("here"), 4));
}

TEST_F(Layout, ABlobThatFailsInPlaceIsNotThere) {
  LayoutWriter writer(folder());
  const auto fail = [](const Fd& file, const std::string& path) {
    write_all(file.get(), as_bytes("half"), path);
    throw Error(ErrorKind::network, "cannot go on");
  };
  EXPECT_THROW(writer.put(Digest::of("here"), fail), Error);
  EXPECT_FALSE(std::filesystem::exists(blob("here")));
}

TEST_F(Layout, SaysWhetherATagChanged) {
  LayoutWriter writer(folder());
  writer.put(Digest::of("{}"), "{}");
  EXPECT_EQ(writer.tag("1.0", image("{}")), Change::made);
  EXPECT_EQ(writer.tag("1.0", image("{}")), Change::none);
}

}  // namespace
}  // namespace stamp::oci
