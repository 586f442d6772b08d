#include "layer/codec.h"

#include <random>

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/layer/run.h"

namespace stamp::layer {
namespace {

/// Text that compresses, the same in every run.
std::string sample(std::size_t size = 1'000'000) {
  std::mt19937 random(1);  // the same numbers everywhere
  std::string text;
  while (text.size() < size) text += "line " + std::to_string(random() % 5000) + "\n";
  text.resize(size);
  return text;
}

std::string encode(Compression compression, const std::string& text, std::size_t piece) {
  StringSink out;
  const std::unique_ptr<Sink> encoder = make_encoder(compression, out);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    encoder->write(as_bytes(std::string_view(text).substr(at, piece)));
  }
  encoder->finish();
  return out.take();
}

std::string decode(Format format, const std::string& bytes, DecoderContext& context) {
  StringSource in(bytes);
  const std::unique_ptr<Source> decoder = make_decoder(format, in, "'x'", context);
  return read_all(*decoder, 64U << 20U, "output");
}

std::string decode(Format format, const std::string& bytes) {
  DecoderContext context;
  return decode(format, bytes, context);
}

struct Program {
  Format format;
  const char* path;
};

std::ostream& operator<<(std::ostream& out, const Program& program) {
  return out << name(program.format);
}

const Program kPrograms[] = {{Format::gzip, "/usr/bin/gzip"},
                             {Format::xz, "/usr/bin/xz"},
                             {Format::zstd, "/usr/bin/zstd"},
                             {Format::bzip2, "/usr/bin/bzip2"}};

class Decoder : public testing::TestWithParam<Program> {
 protected:
  static std::string packed(const std::string& text) { return run(GetParam().path, {"-c"}, text); }
  static std::string unpacked(const std::string& bytes) { return decode(GetParam().format, bytes); }
  static std::string problem(const std::string& bytes) {
    return message_of([&] { unpacked(bytes); });
  }
};

INSTANTIATE_TEST_SUITE_P(Formats, Decoder, testing::ValuesIn(kPrograms),
                         [](const auto& each) { return std::string(name(each.param.format)); });

TEST_P(Decoder, UnpacksWhatTheProgramPacked) {
  const std::string text = sample(300'000);
  EXPECT_EQ(unpacked(packed(text)), text);
  EXPECT_EQ(unpacked(packed("")), "");
}

TEST_P(Decoder, FormatIsDetected) {
  EXPECT_EQ(detect_format(as_bytes(packed("x")).first(kFormatMagic)), GetParam().format);
}

TEST_P(Decoder, SeveralMembersAreOneStream) {
  EXPECT_EQ(unpacked(packed("one") + packed("") + packed("three")), "onethree");
}

TEST_P(Decoder, EveryTruncationIsAnError) {
  const std::string whole = packed("some text, some more text");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(kind_of([&] { unpacked(whole.substr(0, size)); }), ErrorKind::corrupt) << size;
  }
  const std::string large = packed(sample(300'000));
  EXPECT_EQ(problem(large.substr(0, large.size() / 2)),
            "stamp: error: cannot decompress 'x': it ends early\n");
  EXPECT_EQ(problem(large + whole.substr(0, whole.size() - 1)),
            "stamp: error: cannot decompress 'x': it ends early\n");
}

TEST_P(Decoder, TrailingBytesAreAnError) {
  const std::string whole = packed("some text");
  for (const std::string& tail :
       {std::string("x"), std::string("trailing garbage"), std::string(1, '\0')}) {
    EXPECT_EQ(kind_of([&] { unpacked(whole + tail); }), ErrorKind::corrupt);
  }
}

TEST_P(Decoder, EveryFlippedBitIsNoticed) {
  const std::string text = "some text, some more text";
  const std::string whole = packed(text);
  std::size_t unnoticed = 0;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const std::string message = message_of([&] {
      if (unpacked(damaged) != text) throw Error(ErrorKind::internal, "other text");
    });
    EXPECT_NE(message, "stamp: error: other text\n") << bit;
    if (message.empty()) ++unnoticed;
  }
  // Bits of gzip's header that say nothing about the content: time, extra flags, system.
  EXPECT_LE(unnoticed, 60U);
}

TEST_P(Decoder, SmallAndLargeBuffersGiveTheSame) {
  const std::string text = sample(100'000);
  const std::string bytes = packed(text);
  for (const std::size_t size : {1U, 7U, 300'000U}) {
    StringSource in(bytes);
    const std::unique_ptr<Source> decoder = make_decoder(GetParam().format, in, "'x'");
    std::string buffer(size, '\0');
    std::string found;
    while (const std::size_t count = decoder->read(std::as_writable_bytes(std::span(buffer)))) {
      found += buffer.substr(0, count);
    }
    EXPECT_EQ(found, text);
    EXPECT_EQ(decoder->read(std::as_writable_bytes(std::span(buffer))), 0U);
  }
}

/// Gives what it holds in small pieces.
class SmallPieces final : public Source {
 public:
  SmallPieces(const std::string& text, std::size_t size) : in_(text), size_(size) {}
  std::size_t read(std::span<std::byte> out) override {
    return in_.read(out.first(std::min(out.size(), size_)));
  }

 private:
  StringSource in_;
  std::size_t size_;
};

std::string decode_pieces(Format format, const std::string& bytes, std::size_t size) {
  SmallPieces in(bytes, size);
  const std::unique_ptr<Source> decoder = make_decoder(format, in, "'x'");
  return read_all(*decoder, 64U << 20U, "output");
}

TEST_P(Decoder, SmallAndLargePiecesOfInputGiveTheSame) {
  const std::string text = sample(100'000);
  const std::string bytes = packed(text) + packed("end");
  for (const std::size_t size : {1U, 7U, 4096U}) {
    EXPECT_EQ(decode_pieces(GetParam().format, bytes, size), text + "end");
  }
}

/// A gzip member that holds "x".
std::string gzip_member(unsigned flags, const std::string& rest_of_header) {
  const std::string plain = run("/usr/bin/gzip", {"-cn"}, "x");
  return plain.substr(0, 3) + static_cast<char>(flags) + plain.substr(4, 6) + rest_of_header +
         plain.substr(10);
}

// RFC 1952, 2.3: extra field, name, comment, checksum of the header
TEST(Decoder, EveryPartOfAGzipHeaderIsRead) {
  using namespace std::string_literals;
  const std::string extra = "\x03\0abc"s;
  const std::string parts = extra + "name\0comment\0"s;
  const std::string start = gzip_member(0x1e, "").substr(0, 10) + parts;
  std::uint32_t crc = ~0U;
  for (const char byte : start) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ (0xedb88320U & (~(crc & 1U) + 1U));
  }
  crc = ~crc;
  const std::string sum = {static_cast<char>(crc & 0xffU), static_cast<char>(crc >> 8U & 0xffU)};
  for (const std::string& member :
       {gzip_member(4, extra), gzip_member(8, "name\0"s), gzip_member(16, "comment\0"s),
        gzip_member(0x1d, parts), gzip_member(0x1e, parts + sum)}) {
    EXPECT_EQ(decode(Format::gzip, member), "x");
    EXPECT_EQ(decode_pieces(Format::gzip, member + member, 1), "xx");
  }
  const std::string wrong = "stamp: error: cannot decompress 'x': its gzip data are corrupt\n";
  const std::string other = {static_cast<char>(sum[0] ^ 1), sum[1]};
  EXPECT_EQ(message_of([&] { decode(Format::gzip, gzip_member(0x1e, parts + other)); }), wrong);
  EXPECT_EQ(message_of([] { decode(Format::gzip, gzip_member(0x20, "")); }), wrong);
  EXPECT_EQ(message_of([] { decode(Format::gzip, gzip_member(8, "").substr(0, 10) + "no end"); }),
            "stamp: error: cannot decompress 'x': it ends early\n");
}

// Stored, fixed and dynamic blocks, matches near and far, sizes around those of windows.
TEST(Decoder, GzipOfManyKindsIsWhatGzipPacked) {
  std::mt19937 random(2);
  std::string noise(70'000, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  const std::string kinds[] = {noise, sample(200'000), std::string(200'000, 'a'),
                               noise.substr(0, 32'700) + sample(300) + noise.substr(0, 32'768)};
  for (const std::string& kind : kinds) {
    for (const char* level : {"-1", "-6", "-9"}) {
      for (const std::size_t size : {1U, 258U, 32'767U, 32'769U, 65'535U, 65'537U}) {
        const std::string text = kind.substr(0, size);
        EXPECT_EQ(decode(Format::gzip, run("/usr/bin/gzip", {"-c", level}, text)), text);
      }
      EXPECT_EQ(decode(Format::gzip, run("/usr/bin/gzip", {"-c", level}, kind)), kind);
    }
  }
}

TEST(Decoder, ContextServesOneStreamAfterTheOther) {
  DecoderContext context;
  const std::string text = sample(100'000);
  for (int round = 0; round < 2; ++round) {
    for (const Program& program : kPrograms) {
      const std::string bytes = run(program.path, {"-c"}, text);
      EXPECT_EQ(decode(program.format, bytes, context), text);
      EXPECT_EQ(kind_of([&] { decode(program.format, bytes.substr(0, 60), context); }),
                ErrorKind::corrupt);
    }
  }
}

TEST(Decoder, ContextInUseIsRefused) {
  DecoderContext context;
  StringSource in("");
  const std::unique_ptr<Source> decoder = make_decoder(Format::gzip, in, "'x'", context);
  EXPECT_EQ(message_of([&] { make_decoder(Format::gzip, in, "'y'", context); }),
            "stamp: error: cannot decompress: the decoder's context is in use\n");
}

TEST(Decoder, NoneGivesTheBytesAsTheyAre) {
  EXPECT_EQ(decode(Format::none, "plain"), "plain");
}

TEST(Decoder, WrongFormatsAreNamed) {
  EXPECT_EQ(message_of([] { decode(Format::gzip, "no gzip, certainly"); }),
            "stamp: error: cannot decompress 'x': its gzip data are corrupt\n");
  EXPECT_EQ(
      message_of([] { decode(Format::xz, "no xz, certainly"); }),
      "stamp: error: cannot decompress 'x': it is not in xz format, or other bytes follow its "
      "end\n");
  EXPECT_EQ(message_of([] { decode(Format::zstd, "no zstd, certainly"); }),
            "stamp: error: cannot decompress 'x': it is not in zstd format\n");
  EXPECT_EQ(message_of([] { decode(Format::bzip2, "no bzip2, certainly"); }),
            "stamp: error: cannot decompress 'x': its bzip2 data are corrupt\n");
  const std::string zstd = run("/usr/bin/zstd", {"-c"}, "x");
  EXPECT_EQ(message_of([&] { decode(Format::zstd, zstd + "garbage"); }),
            "stamp: error: cannot decompress 'x': other bytes follow its end\n");
}

TEST(Decoder, ZstdWindowsAbove2To27AreRefused) {
  const std::string text = sample(2000);
  EXPECT_EQ(decode(Format::zstd, run("/usr/bin/zstd", {"-c", "--long=27"}, text)), text);
  EXPECT_EQ(message_of([&] {
              decode(Format::zstd, run("/usr/bin/zstd", {"-c", "--long=28"}, text));
            }),
            "stamp: error: cannot decompress 'x': it needs a window of more than 128 MiB\n");
}

TEST(Decoder, XzStreamsThatNeedMuchMemoryAreRefused) {
  EXPECT_EQ(message_of([&] {
              decode(Format::xz, run("/usr/bin/xz", {"-c", "--lzma2=preset=0,dict=256MiB"}, "x"));
            }),
            "stamp: error: cannot decompress 'x': it needs more than 128 MiB of memory\n");
}

TEST(Decoder, SkippableFramesOfZstdArePassedOver) {
  const std::string skippable("\x50\x2a\x4d\x18\x03\0\0\0abc", 11);
  EXPECT_EQ(detect_format(as_bytes(skippable)), Format::zstd);
  EXPECT_EQ(decode(Format::zstd, skippable + run("/usr/bin/zstd", {"-c"}, "x") + skippable), "x");
}

TEST(Format, UnknownBytesAreNone) {
  EXPECT_EQ(detect_format(as_bytes("")), Format::none);
  EXPECT_EQ(detect_format(as_bytes("\x1f")), Format::none);
  EXPECT_EQ(detect_format(as_bytes("plain text")), Format::none);
}

class EncoderTest : public testing::TestWithParam<Compression> {};

INSTANTIATE_TEST_SUITE_P(Compressions, EncoderTest,
                         testing::Values(Compression::none, Compression::gzip, Compression::zstd),
                         [](const auto& each) { return std::string(name(each.param)); });

TEST_P(EncoderTest, ProgramsUnpackWhatItPacked) {
  const std::string text = sample();
  const std::string bytes = encode(GetParam(), text, text.size());
  if (GetParam() == Compression::none) {
    EXPECT_EQ(bytes, text);
  } else {
    const std::string program = "/usr/bin/" + std::string(name(GetParam()));
    EXPECT_EQ(run(program, {"-dc"}, bytes), text);
    EXPECT_EQ(run(program, {"-dc"}, encode(GetParam(), "", 1)), "");
    EXPECT_EQ(run(program, {"-dc"}, bytes + end_of_archive(GetParam())),
              text + std::string(1024, '\0'));
  }
}

TEST_P(EncoderTest, BytesDoNotDependOnHowTheInputIsCut) {
  const std::string text = sample(600'000);
  const std::string whole = encode(GetParam(), text, text.size());
  for (const std::size_t piece : {1U, 512U, 65536U, 65537U, 131072U, 300'001U}) {
    EXPECT_EQ(encode(GetParam(), text, piece), whole) << piece;
  }
}

TEST_P(EncoderTest, BytesDoNotDependOnWhatTheContextDidBefore) {
  EncoderContext context;
  const std::string text = sample(300'000);
  const std::string fresh = encode(GetParam(), text, 4096);
  for (int round = 0; round < 3; ++round) {
    StringSink out;
    {
      const std::unique_ptr<Sink> abandoned = make_encoder(GetParam(), out, context);
      abandoned->write(as_bytes("something else"));
    }
    StringSink again;
    const std::unique_ptr<Sink> encoder = make_encoder(GetParam(), again, context);
    encoder->write(as_bytes(text));
    encoder->finish();
    EXPECT_EQ(again.text(), fresh);
  }
}

TEST(Encoder, IdentityNamesLibraryVersionAndParameters) {
  const Encoder zstd = current_encoder(Compression::zstd);
  EXPECT_EQ(zstd.name, "zstd");
  EXPECT_TRUE(zstd.version.starts_with("1."));
  EXPECT_EQ(zstd.level, "3,hashlog=15,chainlog=14");
  const Encoder gzip = current_encoder(Compression::gzip);
  EXPECT_EQ(gzip.name, "zlib");
  EXPECT_TRUE(gzip.version.starts_with("1."));
  EXPECT_EQ(gzip.level, "6");
  EXPECT_EQ(current_encoder(Compression::none),
            (Encoder{.name = "none", .version = "", .level = ""}));
}

TEST(Encoder, GzipHeaderHasNoTimeNoNameAndNoSystem) {
  EXPECT_EQ(encode(Compression::gzip, "x", 1).substr(0, 10),
            std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10));
}

// RFC 8878 section 3.1.1.1: frame header descriptor. No content size, no checksum, no dictionary;
// the window descriptor follows.
TEST(Encoder, ZstdFrameHasNeitherContentSizeNorChecksum) {
  const std::string frame = encode(Compression::zstd, sample(), 4096);
  EXPECT_EQ(frame.substr(0, 6), std::string("\x28\xb5\x2f\xfd\0\x58", 6));
}

TEST(Encoder, ContextInUseIsRefused) {
  EncoderContext context;
  StringSink out;
  const std::unique_ptr<Sink> encoder = make_encoder(Compression::zstd, out, context);
  EXPECT_EQ(message_of([&] { make_encoder(Compression::zstd, out, context); }),
            "stamp: error: cannot compress with an encoder: its context is in use\n");
}

TEST(Compression, NamesAreParsed) {
  for (const Compression each : {Compression::none, Compression::gzip, Compression::zstd}) {
    EXPECT_EQ(parse_compression(name(each)), each);
  }
  EXPECT_EQ(message_of([] { parse_compression("lzma"); }),
            "stamp: error: 'lzma' is not a compression: zstd, gzip or none\n");
}

}  // namespace
}  // namespace stamp::layer
