#include "layer/content_scanner.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fd.h"

namespace stamp::layer {
namespace {

/// Writes numbers of one word size and byte order.
class Elf {
 public:
  Elf(int bits, bool big_endian) : word_(static_cast<std::size_t>(bits) / 8), big_(big_endian) {}
  Elf& number(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t at = big_ ? size - 1 - i : i;
      bytes += static_cast<char>(value >> (8 * at) & 0xffU);
    }
    return *this;
  }
  Elf& word(std::uint64_t value) { return number(value, word_); }
  Elf& program(unsigned type, std::uint64_t offset, std::uint64_t address, std::uint64_t size) {
    number(type, 4);
    if (word_ == 8) number(5, 4);
    word(offset).word(address).word(address).word(size).word(size);
    if (word_ == 4) number(5, 4);
    return word(4096);
  }
  Elf& pad(std::size_t size) {
    bytes.resize(size);
    return *this;
  }
  std::string bytes;

 private:
  std::size_t word_;
  bool big_;
};

struct Shape {
  int bits = 64;
  bool big_endian = false;
  unsigned type = 3;
  std::size_t dynamic_at = 5000;
  std::size_t texts_at = 3000;
  std::size_t interpreter_at = 400;
};

constexpr std::uint64_t kBase = 0x400000;

/// A shared library of 6,000 bytes that needs liba and libb.
std::string library(const Shape& shape) {
  const bool is_64 = shape.bits == 64;
  Elf elf(shape.bits, shape.big_endian);
  elf.bytes =
      "\x7f"
      "ELF";
  elf.number(is_64 ? 2 : 1, 1).number(shape.big_endian ? 2 : 1, 1).number(1, 1).pad(16);
  elf.number(shape.type, 2).number(183, 2).number(1, 4).word(0).word(is_64 ? 64 : 52).word(0);
  elf.number(0, 4).number(is_64 ? 64 : 52, 2).number(is_64 ? 56 : 32, 2).number(4, 2);
  elf.number(0, 2).number(0, 2).number(0, 2);
  const std::size_t word = is_64 ? 8 : 4;
  elf.program(1, 0, kBase, shape.texts_at + 100).program(1, 4000, kBase + 0x10000, 2000);
  elf.program(2, shape.dynamic_at, kBase + 0x11000, 14 * word)
      .program(3, shape.interpreter_at, kBase + shape.interpreter_at, 14);
  std::string file = elf.bytes;
  file.resize(std::max({std::size_t{6000}, shape.dynamic_at + 200, shape.texts_at + 100,
                        shape.interpreter_at + 100}));
  const std::string_view interpreter("/lib/ld.so.1\0", 13);
  file.replace(shape.interpreter_at, interpreter.size(), interpreter);
  const std::string_view texts("\0liba.so\0libb.so\0me.so.1\0/run/path\0", 36);
  file.replace(shape.texts_at, texts.size(), texts);
  Elf dynamic(shape.bits, shape.big_endian);
  dynamic.word(1).word(1).word(1).word(9).word(14).word(17).word(29).word(25);
  dynamic.word(5).word(kBase + shape.texts_at).word(10).word(36).word(0).word(0);
  return file.replace(shape.dynamic_at, dynamic.bytes.size(), dynamic.bytes);
}

std::optional<ElfFacts> facts_of(const std::string& file, std::size_t piece = 1U << 20U) {
  ContentScanner scanner;
  scanner.begin();
  for (std::size_t at = 0; at < file.size(); at += piece) {
    scanner.feed(as_bytes(std::string_view(file).substr(at, piece)));
  }
  return scanner.elf_facts();
}

std::string script_of(const std::string& file, std::size_t piece = 1U << 20U) {
  ContentScanner scanner;
  scanner.begin();
  for (std::size_t at = 0; at < file.size(); at += piece) {
    scanner.feed(as_bytes(std::string_view(file).substr(at, piece)));
  }
  return scanner.script();
}

const ElfFacts kExpected{.machine = 183,
                         .bits = 64,
                         .soname = "me.so.1",
                         .needed = {"liba.so", "libb.so"},
                         .runpath = "/run/path",
                         .interpreter = "/lib/ld.so.1",
                         .complete = true};

TEST(ContentScanner, FindsWhatALibraryNeedsHoweverItIsCut) {
  const std::string file = library({});
  for (const std::size_t piece : {1U, 3U, 64U, 500U, 4096U, 100'000U}) {
    EXPECT_EQ(facts_of(file, piece), kExpected) << piece;
  }
}

TEST(ContentScanner, ReadsBothWordSizesAndByteOrders) {
  EXPECT_EQ(facts_of(library({.big_endian = true})), kExpected);
  ElfFacts small = kExpected;
  small.bits = 32;
  EXPECT_EQ(facts_of(library({.bits = 32})), small);
  EXPECT_EQ(facts_of(library({.bits = 32, .big_endian = true})), small);
}

TEST(ContentScanner, FindsADynamicSectionNearTheFront) {
  EXPECT_EQ(facts_of(library({.dynamic_at = 500}), 10), kExpected);
}

TEST(ContentScanner, FindsNamesBehindTheFrontHoweverItIsCut) {
  const std::string file = library({.dynamic_at = 1'500'000, .texts_at = 1'200'000});
  for (const std::size_t piece : {1U, 7U, 4096U, 100'000U, 2'000'000U}) {
    EXPECT_EQ(facts_of(file, piece), kExpected) << piece;
  }
}

TEST(ContentScanner, FindsNamesThatStraddleTheEndOfTheFront) {
  for (std::size_t back = 0; back < 40; ++back) {
    const std::size_t at = (1U << 20U) - back;
    const std::optional<ElfFacts> facts =
        facts_of(library({.dynamic_at = 1'500'000, .texts_at = at}), 4096);
    ASSERT_TRUE(facts);
    // A name that is cut is never made of its end; whoever finds all finds them right.
    EXPECT_TRUE(!facts->complete || facts == kExpected) << back;
    for (const std::string& name : facts->needed) {
      EXPECT_TRUE(name == "liba.so" || name == "libb.so") << name;
    }
  }
}

TEST(ContentScanner, FindsAnInterpreterWhereverItLies) {
  const std::string file = library({.dynamic_at = 30'000'000, .interpreter_at = 20'000'000});
  for (const std::size_t piece : {7U, 4096U, 30'000'000U}) {
    EXPECT_EQ(facts_of(file, piece), kExpected) << piece;
  }
}

TEST(ContentScanner, TextsTooDeepInTheFileLeaveTheFactsIncomplete) {
  const std::optional<ElfFacts> facts =
      facts_of(library({.dynamic_at = 17'500'000, .texts_at = 17'200'000}), 4096);
  ASSERT_TRUE(facts);
  EXPECT_FALSE(facts->complete);
  EXPECT_EQ(facts->interpreter, "/lib/ld.so.1");
  EXPECT_TRUE(facts->needed.empty());
  EXPECT_EQ(facts_of(library({.dynamic_at = 1'500'000, .texts_at = 900'000}), 4096), kExpected);
}

TEST(ContentScanner, ObjectFilesHaveNoFacts) {
  EXPECT_EQ(facts_of(library({.type = 1})), std::nullopt);
}

TEST(ContentScanner, DamagedFilesNeverFail) {
  const std::string whole = library({});
  for (std::size_t size = 0; size < 5000; size += 7) {
    const std::optional<ElfFacts> facts = facts_of(whole.substr(0, size));
    EXPECT_FALSE(facts && facts->complete) << size;
  }
  for (std::size_t at = 4; at < 300; ++at) {
    std::string damaged = whole;
    damaged[at] = '\xff';
    static_cast<void>(facts_of(damaged));
  }
}

TEST(ContentScanner, ReadsAProgramOfThisMachine) {
  const std::optional<ElfFacts> facts = facts_of(read_file("/usr/bin/env"), 4096);
  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts->complete);
  EXPECT_THAT(facts->needed, testing::Contains("libc.so.6"));
  EXPECT_THAT(facts->interpreter, testing::StartsWith("/lib"));
}

TEST(ContentScanner, FindsTheLineOfAScript) {
  EXPECT_EQ(script_of("#!/bin/sh\necho"), "/bin/sh");
  EXPECT_EQ(script_of("#! /usr/bin/env python3 -s \r\nx", 1), "/usr/bin/env python3 -s");
  EXPECT_EQ(script_of("#!/bin/sh"), "/bin/sh");
  EXPECT_EQ(script_of("#!a"), "a");
  EXPECT_EQ(script_of("#!"), "");
  EXPECT_EQ(script_of("#!\n"), "");
  EXPECT_EQ(script_of("#"), "");
  EXPECT_EQ(script_of(""), "");
  EXPECT_EQ(script_of(" #!/bin/sh\n"), "");
  EXPECT_EQ(script_of("#!/bin/\xff\n"), "");
  EXPECT_EQ(script_of("#!" + std::string(1000, 'x')), std::string(254, 'x'));
}

TEST(ContentScanner, StartsAnewWithEachFile) {
  ContentScanner scanner;
  scanner.begin();
  scanner.feed(as_bytes(library({})));
  EXPECT_EQ(scanner.elf_facts(), kExpected);
  scanner.begin();
  scanner.feed(as_bytes("#!/bin/sh\n"));
  EXPECT_EQ(scanner.elf_facts(), std::nullopt);
  EXPECT_EQ(scanner.script(), "/bin/sh");
  scanner.begin();
  scanner.feed(as_bytes("text"));
  EXPECT_EQ(scanner.script(), "");
}

}  // namespace
}  // namespace stamp::layer
