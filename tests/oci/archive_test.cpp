#include "oci/archive.h"

#include <map>

#include "base/temp_file.h"
#include "oci/tar_writer.h"
#include "tests/expect_error.h"

namespace stamp::oci {
namespace {

/// The members of a tar by name, read by hand: name, size and content are enough here.
std::vector<std::pair<std::string, std::string>> members(std::string_view tar) {
  std::vector<std::pair<std::string, std::string>> out;
  while (tar.size() >= 512 && tar[0] != '\0') {
    const std::string name(tar.substr(0, 100).data());
    const std::size_t size = std::stoul(std::string(tar.substr(124, 11)), nullptr, 8);
    unsigned sum = 0;
    for (std::size_t i = 0; i < 512; ++i) {
      sum += i >= 148 && i < 156 ? unsigned{' '} : static_cast<unsigned char>(tar[i]);
    }
    EXPECT_EQ(std::stoul(std::string(tar.substr(148, 6)), nullptr, 8), sum) << name;
    out.emplace_back(name, tar.substr(512, size));
    tar.remove_prefix(512 + (size + 511) / 512 * 512);
  }
  EXPECT_EQ(tar, std::string(1024, '\0'));
  return out;
}

Descriptor blob(std::string_view text) {
  return {.media_type = "application/x", .digest = Digest::of(text), .size = text.size()};
}

/// Opens blobs whose text is one of those given.
OpenBlob from(std::vector<std::string> texts) {
  return [texts = std::move(texts)](const Descriptor& wanted) -> std::unique_ptr<Source> {
    for (const std::string& text : texts) {
      if (Digest::of(text) == wanted.digest) return std::make_unique<StringSource>(text);
    }
    return std::make_unique<StringSource>("others");
  };
}

TEST(OciArchive, HoldsALayout) {
  StringSink out;
  const std::vector<Descriptor> blobs = {blob("b"), blob("a"), blob("b")};
  write_oci_archive("1.0", blob("a"), blobs, from({"a", "b"}), out);
  using Members = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(
      members(out.text()),
      (Members{
          {"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"},
          {"index.json",
           R"({"manifests":[{"annotations":{"org.opencontainers.image.ref.name":"1.0"},)"
           R"("digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",)"
           R"("mediaType":"application/x","size":1}],)"
           R"("mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2})"},
          {"blobs/", ""},
          {"blobs/sha256/", ""},
          {"blobs/sha256/3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d", "b"},
          {"blobs/sha256/ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", "a"}}));
}

TEST(OciArchive, BytesDoNotDependOnTheOrderOfBlobs) {
  StringSink one;
  StringSink two;
  const std::vector<Descriptor> forth = {blob("a"), blob("b"), blob("c")};
  const std::vector<Descriptor> back = {blob("c"), blob("b"), blob("a")};
  write_oci_archive("", blob("a"), forth, from({"a", "b", "c"}), one);
  write_oci_archive("", blob("a"), back, from({"a", "b", "c"}), two);
  EXPECT_EQ(one.text(), two.text());
}

TEST(OciArchive, RefusesBytesThatWereNotAnnounced) {
  StringSink out;
  const std::vector<Descriptor> blobs = {blob("missin")};
  EXPECT_EQ(kind_of([&] { write_oci_archive("", blob("a"), blobs, from({}), out); }),
            ErrorKind::corrupt);
}

TEST(DockerArchive, NamesConfigAndLayersInManifestJson) {
  StringSink out;
  const std::vector<DockerImage> images = {
      {.tags = {"app:1", "app:2"}, .config = blob("c"), .layers = {blob("x"), blob("y")}},
      {.tags = {}, .config = blob("d"), .layers = {blob("x")}}};
  write_docker_archive(images, from({"c", "d", "x", "y"}), out);
  const std::string c = Digest::of("c").hex() + ".json";
  const std::string d = Digest::of("d").hex() + ".json";
  const std::string x = Digest::of("x").hex() + ".tar";
  const std::string y = Digest::of("y").hex() + ".tar";
  using Members = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(
      members(out.text()),
      (Members{{"manifest.json", "[{\"Config\":\"" + c + "\",\"Layers\":[\"" + x + "\",\"" + y +
                                     "\"],\"RepoTags\":[\"app:1\",\"app:2\"]},{" + "\"Config\":\"" +
                                     d + "\",\"Layers\":[\"" + x + "\"],\"RepoTags\":[]}]"},
               {c, "c"},
               {d, "d"},
               {x, "x"},
               {y, "y"}}));
}

/// Gives a number of zero bytes.
class Zeros final : public Source {
 public:
  explicit Zeros(std::uint64_t size) : left_(size) {}
  std::size_t read(std::span<std::byte> out) override {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, out.size()));
    left_ -= count;
    return count;
  }

 private:
  std::uint64_t left_;
};

/// Keeps the first block and forgets the rest.
class FirstBlock final : public Sink {
 public:
  void write(Bytes in) override {
    if (text_.size() < 512) text_.append(as_text(in).substr(0, 512 - text_.size()));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

TEST(TarWriter, SizesFrom8GiBOnAreInBase256) {
  FirstBlock out;
  TarWriter tar(out);
  constexpr std::uint64_t kSize = 1ULL << 33U;
  Zeros zeros(kSize - 1);
  // The header is what matters; the source stops one byte short to prove that this is noticed too.
  EXPECT_EQ(message_of([&] { tar.file("big", kSize, zeros); }),
            "stamp: error: 'big' has 8589934591 bytes instead of 8589934592\n");
  EXPECT_EQ(out.text().substr(124, 12), std::string("\x80\0\0\0\0\0\0\2\0\0\0\0", 12));
}

}  // namespace
}  // namespace stamp::oci
