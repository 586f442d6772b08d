#include "oci/archive_reader.h"

#include <functional>

#include <fmt/core.h>

#include "base/temp_file.h"
#include "oci/archive.h"
#include "oci/media_type.h"
#include "oci/tar_writer.h"
#include "tests/expect_error.h"

namespace stamp::oci {
namespace {

Descriptor blob(std::string_view text) {
  return {.media_type = std::string(kMediaTypeManifest),
          .digest = Digest::of(text),
          .size = text.size()};
}

class ArchiveReader : public testing::Test {
 protected:
  TarIndex index_of(const std::function<void(Sink&)>& write) {
    StringSink sink;
    write(sink);
    return index_of(sink.text());
  }
  TarIndex index_of(const std::string& bytes) {
    replace_file(path(), bytes);
    return TarIndex(open_for_reading(path()), "image.tar");
  }
  /// Files by name.
  TarIndex files(const std::vector<std::pair<std::string, std::string>>& files) {
    return index_of([&](Sink& sink) {
      TarWriter tar(sink);
      for (const auto& [name, text] : files) tar.file(name, text);
      tar.finish();
    });
  }
  std::filesystem::path path() const { return temp_.path() / "image.tar"; }
  TempDir temp_;
};

OpenBlob from(std::vector<std::string> texts) {
  return [texts = std::move(texts)](const Descriptor& wanted) -> std::unique_ptr<Source> {
    for (const std::string& text : texts) {
      if (Digest::of(text) == wanted.digest) return std::make_unique<StringSource>(text);
    }
    return nullptr;
  };
}

std::string text_of(Source& source) {
  return read_all(source, 1000, "test");
}

TEST_F(ArchiveReader, ReadsTheLayoutThatTheWriterWrites) {
  const std::vector<Descriptor> blobs = {blob("a"), blob("b")};
  const OciArchiveReader reader(index_of([&](Sink& sink) {
    write_oci_archive("1.0", blob("a"), blobs, from({"a", "b"}), sink);
  }));
  EXPECT_EQ(reader.find("1.0").digest, Digest::of("a"));
  EXPECT_EQ(reader.find("").digest, Digest::of("a"));
  EXPECT_TRUE(reader.contains(Digest::of("b"), 1));
  EXPECT_FALSE(reader.contains(Digest::of("b"), 2));
  EXPECT_FALSE(reader.contains(Digest::of("c"), 1));
  EXPECT_EQ(text_of(*reader.open(blob("b"))), "b");
}

TEST_F(ArchiveReader, ListsOfReferrersAreNoImages) {
  const std::string list = "sha256-" + std::string(64, '0');
  Descriptor referrers = blob("b");
  referrers.annotations.emplace(kRefNameAnnotation, list);
  const std::vector<Descriptor> entries = {blob("a"), referrers};
  const std::vector<Descriptor> blobs = {blob("a"), blob("b")};
  const OciArchiveReader reader(index_of([&](Sink& sink) {
    write_oci_archive(entries, blobs, from({"a", "b"}), sink);
  }));
  EXPECT_EQ(reader.find("").digest, Digest::of("a"));
  EXPECT_EQ(reader.find(list).digest, Digest::of("b"));
}

TEST_F(ArchiveReader, BlobsAreVerified) {
  const OciArchiveReader reader(files({{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"},
                                       {"index.json", R"({"schemaVersion":2,"manifests":[]})"},
                                       {"blobs/sha256/" + Digest::of("right").hex(), "wrong"}}));
  EXPECT_EQ(kind_of([&] { text_of(*reader.open(blob("right"))); }), ErrorKind::corrupt);
  Descriptor longer = blob("right");
  longer.size = 6;
  EXPECT_EQ(message_of([&] { reader.open(longer); }),
            "stamp: error: cannot read blob " + longer.digest.brief() +
                " of 'image.tar': it has 5 bytes instead of 6\n");
  EXPECT_EQ(message_of([&] { reader.open(blob("other")); }),
            "stamp: error: cannot read 'image.tar': it has no 'blobs/sha256/" +
                Digest::of("other").hex() + "'\n");
}

TEST_F(ArchiveReader, ADockerArchiveIsNoLayoutAndTheOtherWayRound) {
  EXPECT_EQ(message_of([&] {
              OciArchiveReader reader(files({{"manifest.json", "[]"}}));
            }),
            "stamp: error: cannot read 'image.tar': it is not an archive of an OCI image layout\n"
            "  while reading 'image.tar'\n"
            "  try: docker-archive:image.tar\n");
  EXPECT_EQ(message_of([&] {
              DockerArchiveReader reader(files({{"oci-layout", "{}"}}));
            }),
            "stamp: error: cannot read 'image.tar': it is not a docker archive\n"
            "  try: oci-archive:image.tar\n");
}

TEST_F(ArchiveReader, ReadsTheDockerArchiveThatTheWriterWrites) {
  const DockerImage image = {
      .tags = {"home/app:1"}, .config = blob("{}"), .layers = {blob("x"), blob("y")}};
  const DockerArchiveReader reader(index_of([&](Sink& sink) {
    write_docker_archive({&image, 1}, from({"{}", "x", "y"}), sink);
  }));
  const DockerArchiveImage& found = reader.find("");
  EXPECT_EQ(found.tags, image.tags);
  EXPECT_EQ(reader.tar().read(found.config, 10), "{}");
  ASSERT_EQ(found.layers.size(), 2U);
  EXPECT_EQ(text_of(*reader.tar().open(found.layers[1])), "y");
  EXPECT_EQ(reader.manifest(), docker_archive_manifest({&image, 1}));
  EXPECT_EQ(reader.find("docker.io/home/app:1").config, found.config);
}

TEST_F(ArchiveReader, OfSeveralDockerImagesOneMustBeNamed) {
  const std::string manifest =
      R"([{"Config":"1.json","Layers":[],"RepoTags":["debian:12"]},)"
      R"({"Config":"2.json","Layers":[],"RepoTags":["registry.example/app:2"]}])";
  const DockerArchiveReader reader(files({{"manifest.json", manifest}}));
  EXPECT_EQ(reader.find("docker.io/library/debian:12").config, "1.json");
  EXPECT_EQ(reader.find("debian:12").config, "1.json");
  EXPECT_EQ(reader.find("registry.example/app:2").config, "2.json");
  EXPECT_EQ(message_of([&] { reader.find(""); }),
            "stamp: error: cannot find the image in archive 'image.tar': it holds 2 images\n"
            "  try: name one of them: debian:12, registry.example/app:2\n");
  EXPECT_EQ(message_of([&] { reader.find("app:3"); }),
            "stamp: error: cannot find the image in archive 'image.tar': it has no image 'app:3'\n"
            "  try: name one of them: debian:12, registry.example/app:2\n");
}

/// A header block by hand, for what the writer does not write.
std::string header(std::string name, char type, std::size_t size, const std::string& link = "") {
  std::string block(512, '\0');
  block.replace(0, name.size(), name);
  block.replace(100, 7, "0000644");
  block.replace(124, 11, fmt::format("{:011o}", size));
  block[156] = type;
  block.replace(157, link.size(), link);
  block.replace(257, 8, std::string("ustar\00000", 8));
  block.replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  block.replace(148, 8, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  return block;
}

std::string padded(std::string text) {
  text.resize((text.size() + 511) / 512 * 512);
  return text;
}

const std::string& the_end() {
  static const std::string end(1024, '\0');
  return end;
}

TEST_F(ArchiveReader, FollowsLinksWithinTheArchive) {
  // as `docker save` had it before version 25
  const TarIndex tar = index_of(
      header("a/layer.tar", '0', 2) + padded("xy") +
      header("b/layer.tar", '2', 0, "../a/layer.tar") + header("c", '1', 0, "a/layer.tar") +
      header("out", '2', 0, "../../etc/passwd") + header("loop", '2', 0, "loop") + the_end());
  EXPECT_EQ(tar.read("b/layer.tar", 10), "xy");
  EXPECT_EQ(tar.read("c", 10), "xy");
  EXPECT_EQ(text_of(*tar.open("c", 1)), "y");
  EXPECT_FALSE(tar.contains("out"));
  EXPECT_FALSE(tar.contains("loop"));
}

TEST_F(ArchiveReader, KnowsLongNamesAndSizesOfPaxAndGnu) {
  const std::string name(120, 'n');
  const std::string right = "130 path=" + name + "\n";
  const TarIndex posix = index_of(header("x", 'x', right.size()) + padded(right) +
                                  header("short", '0', 1) + padded("p") + the_end());
  EXPECT_EQ(posix.read(name, 10), "p");
  const TarIndex gnu = index_of(header("././@LongLink", 'L', name.size()) + padded(name) +
                                header("short", '0', 1) + padded("g") + the_end());
  EXPECT_EQ(gnu.read(name, 10), "g");
  const std::string size = "10 size=2\n";
  const TarIndex sized = index_of(header("x", 'x', size.size()) + padded(size) +
                                  header("a", '0', 1) + padded("zz") + the_end());
  EXPECT_EQ(sized.read("a", 10), "zz");
}

TEST_F(ArchiveReader, RefusesWhatIsNoArchive) {
  const auto refused = [&](const std::string& bytes) {
    return message_of([&] { index_of(bytes); });
  };
  const auto message = [](const std::string& problem, int at) {
    return fmt::format(
        "stamp: error: cannot read 'image.tar': {} (at byte {})\n"
        "  try: it must be an archive that was written whole\n",
        problem, at);
  };
  EXPECT_EQ(refused(""), message("it ends early", 0));
  EXPECT_EQ(refused(std::string(600, 'x')), message("a header's checksum is wrong", 512));
  const std::string file = header("a", '0', 3) + padded("abc");
  EXPECT_EQ(refused(file), message("it ends early", 1024));
  EXPECT_EQ(refused(header("a", '0', 3)), message("it ends early", 512));
  EXPECT_EQ(refused(file + file + the_end()), message("it has 'a' twice", 1536));
  EXPECT_EQ(refused(header("a", 'S', 0) + the_end()), message("it has a sparse file", 512));
  EXPECT_EQ(refused(header("x", 'x', 4) + padded("nine") + the_end()),
            message("a pax header is malformed", 1024));
  EXPECT_EQ(refused(header("x", 'x', 2U << 20U) + the_end()), message("a header is too long", 512));
}

}  // namespace
}  // namespace stamp::oci
