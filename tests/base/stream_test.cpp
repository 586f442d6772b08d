#include "base/stream.h"

#include <algorithm>

#include "tests/expect_error.h"

namespace stamp {
namespace {

/// Gives at most `most` bytes at a time.
class Dripping final : public Source {
 public:
  Dripping(std::string text, std::size_t most) : inner_(std::move(text)), most_(most) {}
  std::size_t read(std::span<std::byte> out) override {
    return inner_.read(out.first(std::min(out.size(), most_)));
  }

 private:
  StringSource inner_;
  std::size_t most_;
};

TEST(Copy, MovesEverythingAndCounts) {
  const std::string text(3 * kBufferSize + 7, 'x');
  StringSource source(text);
  StringSink sink;
  EXPECT_EQ(copy(source, sink), text.size());
  EXPECT_EQ(sink.text(), text);
}

TEST(ReadFull, FillsAcrossShortReads) {
  Dripping source("abcdef", 2);
  std::array<std::byte, 5> out{};
  EXPECT_EQ(read_full(source, out), 5U);
  EXPECT_EQ(as_text(out), "abcde");
  EXPECT_EQ(read_full(source, out), 1U);
  EXPECT_EQ(read_full(source, out), 0U);
}

TEST(ReadAll, RefusesMoreThanTheLimit) {
  StringSource fits("abcd");
  EXPECT_EQ(read_all(fits, 4, "x"), "abcd");
  StringSource more("abcde");
  EXPECT_EQ(message_of([&] { read_all(more, 4, "the answer"); }),
            "stamp: error: the answer is larger than 4 bytes\n");
}

TEST(ReadSized, ReadsAllAndRefusesMoreThanTheSize) {
  Dripping whole("abcde", 2);
  EXPECT_EQ(read_sized(whole, 5, "x"), "abcde");
  StringSource nothing("");
  EXPECT_EQ(read_sized(nothing, 0, "x"), "");
  StringSource fewer("ab");
  EXPECT_EQ(read_sized(fewer, 3, "x"), "ab");
  StringSource more("abcde");
  EXPECT_EQ(message_of([&] { read_sized(more, 4, "the answer"); }),
            "stamp: error: the answer is larger than 4 bytes\n");
}

TEST(BytesSourceView, GivesTheBytesOnce) {
  BytesSourceView source(as_bytes("abc"));
  EXPECT_EQ(read_all(source, 10, "x"), "abc");
  std::array<std::byte, 1> out{};
  EXPECT_EQ(source.read(out), 0U);
}

TEST(LimitSource, PassesExactlyTheLimit) {
  StringSource inner("abc");
  LimitSource limited(inner, 3, "x");
  EXPECT_EQ(read_all(limited, 10, "y"), "abc");
}

TEST(LimitSource, OfNothingRefusesOneByte) {
  StringSource inner("a");
  LimitSource limited(inner, 0, "x");
  std::array<std::byte, 1> out{};
  EXPECT_EQ(kind_of([&] { limited.read(out); }), ErrorKind::corrupt);
}

TEST(VerifySource, PassesWhatWasAnnounced) {
  for (const char* text : {"", "a", "abcdef"}) {
    Dripping inner(text, 4);
    VerifySource verified(inner, Digest::of(text), std::string_view(text).size(), "x");
    EXPECT_EQ(read_all(verified, 10, "y"), text);
  }
}

/// What comes out before the error, and the error.
std::pair<std::string, std::string> verified(const std::string& text,
                                             const std::string& announced) {
  Dripping inner(text, 2);
  VerifySource source(inner, Digest::of(announced), announced.size(), "the blob");
  StringSink out;
  const std::string message = message_of([&] { copy(source, out); });
  return {out.text(), message};
}

TEST(VerifySource, HoldsBackTheLastByteOfOtherBytes) {
  const auto [out, message] = verified("abcdeX", "abcdef");
  EXPECT_EQ(out, "abcd");
  EXPECT_EQ(message, "stamp: error: the blob has digest " + Digest::of("abcdeX").str() + ", not " +
                         Digest::of("abcdef").str() + "\n");
}

TEST(VerifySource, RefusesShorterAndLonger) {
  EXPECT_EQ(verified("abc", "abcdef").second, "stamp: error: the blob ends after 3 of 6 bytes\n");
  const auto [out, message] = verified("abcdefg", "abcdef");
  EXPECT_EQ(out, "abcd");
  EXPECT_EQ(message, "stamp: error: the blob is larger than the 6 bytes announced\n");
  EXPECT_EQ(verified("a", "").second,
            "stamp: error: the blob is larger than the 0 bytes announced\n");
}

/// Counts the times it is finished.
class CountingSink final : public Sink {
 public:
  void write(Bytes in) override { size += in.size(); }
  void finish() override { ++finished; }
  std::size_t size = 0;
  int finished = 0;
};

TEST(HashSink, HashesCountsPassesOnAndFinishes) {
  CountingSink next;
  HashSink sink(&next);
  sink.write(as_bytes("ab"));
  sink.write(as_bytes("c"));
  sink.finish();
  EXPECT_EQ(sink.digest(), Digest::of("abc"));
  EXPECT_EQ(sink.size(), 3U);
  EXPECT_EQ(next.size, 3U);
  EXPECT_EQ(next.finished, 1);
}

TEST(TeeSink, WritesToBothAndFinishesBoth) {
  CountingSink one;
  CountingSink two;
  TeeSink tee(one, two);
  tee.write(as_bytes("abc"));
  tee.finish();
  EXPECT_EQ(one.size, 3U);
  EXPECT_EQ(two.size, 3U);
  EXPECT_EQ(one.finished + two.finished, 2);
}

}  // namespace
}  // namespace stamp
