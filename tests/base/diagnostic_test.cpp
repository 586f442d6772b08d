#include "base/diagnostic.h"

#include "tests/expect_error.h"

namespace stamp {
namespace {

Diagnostic at(std::size_t line, std::size_t column, std::string message,
              std::string source_line = "") {
  return {.file = "app.yaml",
          .line = line,
          .column = column,
          .message = std::move(message),
          .source_line = std::move(source_line)};
}

TEST(Diagnostic, ShowsTheLineAndACaret) {
  EXPECT_EQ(render(at(14, 5, "unknown key 'x'", "    entrpoint: [app]")),
            "app.yaml:14:5: unknown key 'x'\n"
            "      entrpoint: [app]\n"
            "      ^");
}

TEST(Diagnostic, WithoutALineShowsOnlyTheMessage) {
  EXPECT_EQ(render(at(1, 1, "empty")), "app.yaml:1:1: empty");
}

TEST(Diagnostic, CountsCharactersNotBytes) {
  EXPECT_EQ(render(at(1, 5, "m", "grün: x")), "app.yaml:1:5: m\n  grün: x\n      ^");
}

TEST(Diagnostic, ControlCharactersBecomeSpaces) {
  EXPECT_EQ(render(at(1, 2, "m", "\ta\x1b[31m")), "app.yaml:1:2: m\n   a [31m\n   ^");
}

TEST(Diagnostic, LongLinesAreShownAroundTheColumn) {
  const std::string line = std::string(500, 'a') + "X" + std::string(500, 'b');
  const std::string text = render(at(1, 501, "m", line));
  const std::size_t shown = text.find('\n') + 3;
  const std::size_t caret = text.rfind('\n') + 3;
  EXPECT_EQ(text[shown + (text.find('^') - caret)], 'X');
  EXPECT_LT(text.size(), 300U);
}

TEST(Diagnostic, NoneThrowsNothing) {
  EXPECT_EQ(message_of([] { throw_if_any({}); }), "");
}

TEST(Diagnostic, AllAreReportedOnceInOrder) {
  EXPECT_EQ(message_of([] {
              throw_if_any({at(2, 1, "second"), at(1, 7, "first"), at(2, 1, "second")});
            }),
            "stamp: error: app.yaml:1:7: first\napp.yaml:2:1: second\n");
}

}  // namespace
}  // namespace stamp
