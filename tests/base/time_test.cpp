#include "base/time.h"

#include "tests/expect_error.h"

namespace stamp {
namespace {

TEST(Time, Rfc3339ParsesAndPrints) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_rfc3339("1980-01-01T00:00:01Z"), 315532801);
  EXPECT_EQ(parse_rfc3339("2000-02-29T12:34:56Z"), 951827696);
  EXPECT_EQ(parse_rfc3339("2038-01-19T03:14:08Z"), 2147483648);
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59Z"), -1);
}

TEST(Time, EveryDayOfFourCenturiesPrintsWhatItParses) {
  for (std::int64_t day = -20'000; day < 130'000; day += 13) {
    const std::int64_t seconds = day * 86'400 + (day & 0xFFFF);
    ASSERT_EQ(parse_rfc3339(format_rfc3339(seconds)), seconds) << day;
  }
}

TEST(Time, Rfc3339RefusesOtherForms) {
  for (const char* text :
       {"", "2026-11-20", "2026-11-20T00:00:00", "2026-11-20t00:00:00Z", "2026-11-20 00:00:00Z",
        "2026-11-20T00:00:00+00:00", "2026-11-20T00:00:00.0Z", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-11-20T24:00:00Z", "2026-11-20T00:60:00Z", "2026-11-20T00:00:60Z",
        "2026-00-20T00:00:00Z", "2026-11-00T00:00:00Z", "+026-11-20T00:00:00Z"}) {
    EXPECT_EQ(kind_of([&] { parse_rfc3339(text); }), ErrorKind::invalid) << text;
  }
  EXPECT_EQ(message_of([] { parse_rfc3339("now"); }),
            "stamp: error: 'now' is not a time of the form 2026-11-20T00:00:00Z\n");
}

TEST(Time, Rfc3339OfOtherProgramsHasFractionsAndOffsets) {
  const std::int64_t expected = parse_rfc3339("2026-11-20T00:00:00Z");
  for (const char* text : {"2026-11-20T00:00:00Z", "2026-11-20T00:00:00.123456789Z",
                           "2026-11-20T01:30:00+01:30", "2026-11-19T19:00:00.5-05:00"}) {
    EXPECT_EQ(read_rfc3339(text), expected) << text;
  }
  for (const char* text :
       {"", "2026-11-20", "2026-11-20T00:00:00", "2026-11-20T00:00:00.Z", "2026-11-20T00:00:00.5",
        "2026-02-30T00:00:00Z", "2026-11-20T00:00:00+24:00", "2026-11-20T00:00:00+0100",
        "2026-11-20T00:00:00*01:00", "2026-11-20T00:00:00Z "}) {
    EXPECT_EQ(read_rfc3339(text), std::nullopt) << text;
  }
}

TEST(Time, CompactFormOfSnapshotArchives) {
  EXPECT_EQ(format_compact(parse_rfc3339("2026-11-20T01:02:03Z")), "20261120T010203Z");
}

TEST(Time, Rfc1123AsDebianAndHttpHaveIt) {
  const std::int64_t expected = parse_rfc3339("2024-11-09T10:10:00Z");
  EXPECT_EQ(parse_rfc1123("Sat, 09 Nov 2024 10:10:00 UTC"), expected);
  EXPECT_EQ(parse_rfc1123("Sat, 9 Nov 2024 10:10:00 UTC"), expected);
  EXPECT_EQ(parse_rfc1123("Sat, 09 Nov 2024 10:10:00 GMT"), expected);
  EXPECT_EQ(parse_rfc1123("Sat, 09 Nov 2024 10:10:00 +0000"), expected);
}

TEST(Time, Rfc1123RefusesOtherForms) {
  for (const char* text : {"", "Sat, 09 Nov 2024 10:10:00", "Sat, 09 Nov 2024 10:10:00 CET",
                           "Sat, 09 Nox 2024 10:10:00 UTC", "Sat, 31 Feb 2024 10:10:00 UTC",
                           "Sat, 09 Nov 2024 10:10x00 UTC", "Sat, 09 Nov 2024x10:10:00 UTC",
                           "Sat, 09 Novx2024 10:10:00 UTC", "Sat, 09 Nov 2024 10:10:00xUTC",
                           "Sat, 09 Nov 2024 25:10:00 UTC", "Saturday, 09-Nov-24 10:10:00 GMT",
                           "Sat Nov  9 10:10:00 2024", "Sat, 09 Nov 24 10:10:00 GMT"}) {
    EXPECT_EQ(kind_of([&] { parse_rfc1123(text); }), ErrorKind::invalid) << text;
  }
  EXPECT_EQ(message_of([] { parse_rfc1123("x"); }),
            "stamp: error: 'x' is not a time of the form 'Sat, 09 Nov 2024 10:10:00 UTC'\n");
}

}  // namespace
}  // namespace stamp
