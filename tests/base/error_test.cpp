#include "base/error.h"

#include <errno.h>

#include "tests/expect_error.h"

namespace stamp {
namespace {

TEST(Error, RendersAllItsParts) {
  const Error error = Error(ErrorKind::network, "cannot upload blob: 413 Request Entity Too Large",
                            {.input = "PATCH https://registry.example/v2/", .hint = "raise it"})
                          .within("pushing layer 2 of 5")
                          .within("pushing registry.example/app:1.4");
  EXPECT_EQ(render(error),
            "stamp: error: cannot upload blob: 413 Request Entity Too Large\n"
            "  in:  PATCH https://registry.example/v2/\n"
            "  while pushing layer 2 of 5\n"
            "  while pushing registry.example/app:1.4\n"
            "  try: raise it\n");
}

TEST(Error, LeavesOutEmptyParts) {
  EXPECT_EQ(render(Error(ErrorKind::io, "cannot open 'x': no such file or directory")),
            "stamp: error: cannot open 'x': no such file or directory\n");
}

TEST(Error, HeadlinesMayHaveSeveralLines) {
  EXPECT_EQ(render(Error(ErrorKind::invalid, "one\n\x1btwo")), "stamp: error: one\n\\x1btwo\n");
}

TEST(Error, WhatIsTheHeadline) {
  EXPECT_STREQ(Error(ErrorKind::io, "headline", {.input = "x"}).what(), "headline");
}

TEST(Error, DuringAddsTheOperationAndKeepsTheKind) {
  const auto fail = [] { during("doing this", [] { throw Error(ErrorKind::invalid, "cannot"); }); };
  EXPECT_EQ(message_of(fail), "stamp: error: cannot\n  while doing this\n");
  EXPECT_EQ(kind_of(fail), ErrorKind::invalid);
}

TEST(Error, DuringGivesBackWhatTheBodyGives) {
  EXPECT_EQ(during("x", [] { return 7; }), 7);
  EXPECT_EQ(during("x", ErrorKind::corrupt, [] { return 7; }), 7);
}

TEST(Error, DuringWithAKindRelabelsOnlyTextThatDoesNotParse) {
  const auto kind_from = [](ErrorKind kind) {
    return kind_of([kind] { during("x", ErrorKind::corrupt, [kind] { throw Error(kind, "y"); }); });
  };
  EXPECT_EQ(kind_from(ErrorKind::invalid), ErrorKind::corrupt);
  EXPECT_EQ(kind_from(ErrorKind::io), ErrorKind::io);
}

TEST(Error, HintingAddsAHintWhereThereIsNone) {
  const auto fail = [](ErrorKind kind, std::string hint) {
    return message_of([&] {
      hinting(ErrorKind::network, "wait", [&] { throw Error(kind, "cannot", {.hint = hint}); });
    });
  };
  EXPECT_EQ(fail(ErrorKind::network, ""), "stamp: error: cannot\n  try: wait\n");
  EXPECT_EQ(fail(ErrorKind::network, "run"), "stamp: error: cannot\n  try: run\n");
  EXPECT_EQ(fail(ErrorKind::denied, ""), "stamp: error: cannot\n");
  EXPECT_EQ(hinting(ErrorKind::network, "x", [] { return 7; }), 7);
}

TEST(Error, SystemErrorNamesVerbPathAndCause) {
  EXPECT_EQ(render(system_error("open", "/x", ENOENT)),
            "stamp: error: cannot open '/x': no such file or directory\n");
  EXPECT_EQ(render(system_error("write", "/x", ENOSPC)),
            "stamp: error: cannot write '/x': no space left on device\n"
            "  try: free some space on that file system\n");
}

TEST(Error, ErrnoTextsKeepTheirAbbreviations) {
  EXPECT_EQ(describe_errno(EIO), "input/output error");
  EXPECT_EQ(describe_errno(EPIPE), "broken pipe");
}

TEST(Printable, EscapesWhatTerminalsObey) {
  EXPECT_EQ(printable("a\x1b[31m\r\n\t\x7f"), "a\\x1b[31m\\x0d\\x0a\\x09\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");  // C1: CSI as one character
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Printable, KeepsUtf8AndEscapesWhatIsNot) {
  EXPECT_EQ(printable("grün … \xf0\x9f\x98\x80"), "grün … \xf0\x9f\x98\x80");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xc0\x80"), "\\xc0\\x80");                    // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond Unicode
}

TEST(Printable, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef…");
  EXPECT_EQ(printable("ab\xc3\xbc", 3), "ab…");
}

}  // namespace
}  // namespace stamp
