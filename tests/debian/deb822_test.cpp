#include "debian/deb822.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace stamp::debian {
namespace {

std::string failure(const std::string& text) {
  return message_of([&] { static_cast<void>(parse_stanza(text, "'control'")); });
}

TEST(Deb822, ReadsFieldsInTheirOrder) {
  const Stanza stanza = parse_stanza(
      "Package: bash\nDescription: a shell\n Long text.\n .\n  verbatim\nTag:\n a::b,\n c::d\n",
      "'control'");
  ASSERT_EQ(stanza.fields().size(), 3U);
  EXPECT_EQ(stanza.fields()[0], (Field{"Package", "bash"}));
  EXPECT_EQ(stanza.fields()[1], (Field{"Description", "a shell\n Long text.\n .\n  verbatim"}));
  EXPECT_EQ(stanza.fields()[2], (Field{"Tag", "\n a::b,\n c::d"}));
}

TEST(Deb822, WritesWhatItRead) {
  const std::string text =
      "Package: bash\nDescription: a shell\n Long text.\n .\nTag:\n a::b,\nEmpty:\n";
  EXPECT_EQ(parse_stanza(text, "'control'").str(), text);
}

TEST(Deb822, NamesHaveNoCase) {
  const Stanza stanza = parse_stanza("PACKAGE: bash\n", "'control'");
  EXPECT_EQ(stanza.get("package"), "bash");
  EXPECT_EQ(stanza.require("Package"), "bash");
  EXPECT_EQ(stanza.find("Version"), nullptr);
  EXPECT_EQ(stanza.get("Version"), "");
  EXPECT_EQ(message_of([&] { static_cast<void>(stanza.require("Version")); }),
            "stamp: error: the field 'Version' is missing\n");
}

TEST(Deb822, ReadsStanzasOneByOne) {
  StringSource source("\n\nA: 1\n\n \t\n\nA: 2\nB: 3");
  StanzaReader reader(source, "'Packages'");
  EXPECT_EQ(reader.next()->str(), "A: 1\n");
  EXPECT_EQ(reader.next()->str(), "A: 2\nB: 3\n");
  EXPECT_FALSE(reader.next());
}

TEST(Deb822, LinesMayLieAcrossBuffers) {
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    text += "Package: p" + std::to_string(i) + "\nDescription: " + std::string(50, 'x') + "\n\n";
  }
  StringSource source(text);
  StanzaReader reader(source, "'Packages'");
  for (int i = 0; i < 5000; ++i) {
    EXPECT_EQ(reader.next()->get("Package"), "p" + std::to_string(i));
  }
  EXPECT_FALSE(reader.next());
}

TEST(Deb822, RefusesMalformedTexts) {
  const std::string start = "stamp: error: cannot read 'control', line ";
  EXPECT_EQ(failure(" a: b\n"), start + "1: a continuation line before the first field\n");
  EXPECT_EQ(failure("a: b\nword\n"), start + "2: no colon after the name of a field\n");
  EXPECT_EQ(failure("a: b\n: c\n"), start + "2: '' cannot name a field\n");
  EXPECT_EQ(failure("a b: c\n"), start + "1: 'a b' cannot name a field\n");
  EXPECT_EQ(failure("-a: c\n"), start + "1: '-a' cannot name a field\n");
  EXPECT_EQ(failure("#a: c\n"), start + "1: '#a' cannot name a field\n");
  EXPECT_EQ(failure("a: b\nA: c\n"), start + "2: the field 'A' is there twice\n");
  EXPECT_EQ(failure("a: b\r\n"), start + "1: a NUL or a carriage return\n");
  EXPECT_EQ(failure(std::string("a: \0b\n", 6)), start + "1: a NUL or a carriage return\n");
  EXPECT_EQ(failure("a: " + std::string(1'100'000, 'x') + "\n"),
            start + "1: the line is longer than 1048576 bytes\n");
}

TEST(Deb822, RefusesMoreOrLessThanOneStanza) {
  EXPECT_EQ(failure("\n"), "stamp: error: cannot read 'control': it is empty\n");
  EXPECT_EQ(failure("a: b\n\nc: d\n"),
            "stamp: error: cannot read 'control': it has a second stanza\n");
}

TEST(Deb822, AnEndlessFieldIsRefused) {
  std::string text = "a:\n";
  for (int i = 0; i < 300; ++i) text += " " + std::string(60'000, 'x') + "\n";
  EXPECT_NE(failure(text).find("the stanza is longer than 16 MiB"), std::string::npos);
}

}  // namespace
}  // namespace stamp::debian
