#include "base/json.h"

#include <limits>

#include "tests/expect_error.h"

namespace stamp {
namespace {

std::string message_for(std::string_view text) {
  return message_of([&] { parse_json(text); });
}

TEST(Json, CanonicalBytesSortKeysAndHaveNoWhiteSpace) {
  EXPECT_EQ(canonical_json(parse_json(R"( { "b" : [1, -2, true, null], "a" : "ü\u00e9/\n" } )")),
            "{\"a\":\"üé/\\n\",\"b\":[1,-2,true,null]}");
}

TEST(Json, KeysAreSortedByBytes) {
  EXPECT_EQ(canonical_json(parse_json(R"({"é":0,"z":0,"Z":0,"":0,"a":0})")),
            "{\"\":0,\"Z\":0,\"a\":0,\"z\":0,\"é\":0}");
}

TEST(Json, LargeNumbersAreExact) {
  EXPECT_EQ(canonical_json(parse_json("[18446744073709551615,-9223372036854775808]")),
            "[18446744073709551615,-9223372036854775808]");
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\":1,}", "01", "+1", "nan", "'a'", "1 2",
                           "{} x", "\"\x01\"", "\"\xff\"", "\"\\ud800\"", "// c\n1", "{a:1}"}) {
    EXPECT_EQ(kind_of([&] { parse_json(text); }), ErrorKind::invalid) << text;
  }
  EXPECT_EQ(message_for("{\"a\":}"), "stamp: error: not valid JSON: error at byte 6\n");
}

TEST(Json, RefusesDuplicateKeysAndSaysWhere) {  // RFC 7493 section 2.3
  EXPECT_EQ(message_for(R"({"a":1,"a":1})"), "stamp: error: not valid JSON: duplicate key 'a'\n");
  EXPECT_EQ(message_for(R"({"a":[0,{"b":{"c":1,"d":[],"c":2}}]})"),
            "stamp: error: not valid JSON: duplicate key 'c' in 'a[1].b'\n");
  EXPECT_EQ(message_for(R"({"a":1,"\u0061":1})"),
            "stamp: error: not valid JSON: duplicate key 'a'\n");
}

TEST(Json, TheSameKeyInTwoObjectsIsFine) {
  EXPECT_EQ(canonical_json(parse_json(R"([{"a":1},{"a":{"a":2}}])")), R"([{"a":1},{"a":{"a":2}}])");
}

TEST(Json, IsAtMost64LevelsDeep) {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  EXPECT_EQ(message_for(nested(64)), "");
  EXPECT_EQ(message_for(nested(65)),
            "stamp: error: not valid JSON: nested deeper than 64 levels\n");
}

TEST(Json, RefusesNumbersThatNoTypeHolds) {
  EXPECT_EQ(message_for("1e999"), "stamp: error: not valid JSON: a number is too large\n");
}

TEST(Json, FloatingPointHasNoCanonicalForm) {
  EXPECT_EQ(kind_of([] { canonical_json(parse_json("[1.5]")); }), ErrorKind::internal);
  EXPECT_EQ(kind_of([] { canonical_json(Json("\xff")); }), ErrorKind::internal);
}

}  // namespace
}  // namespace stamp
