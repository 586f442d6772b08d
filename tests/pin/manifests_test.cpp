// The manifests of tests/pin/manifests, in the shapes of the table in docs/formats.md and in those
// that must be left alone. FILE.expected says what must be found; STAMP_ACCEPT=1 writes it anew.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/temp_file.h"
#include "pin/edit.h"
#include "tests/pin/described.h"

namespace stamp::pin {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = STAMP_TEST_MANIFESTS;

/// The files of the corpus, by name relative to its folder.
std::vector<std::string> manifests() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kFolder)) {
    if (!entry.is_regular_file() || entry.path().extension() == ".expected") continue;
    names.push_back(entry.path().lexically_relative(kFolder).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string found_in(const std::string& name) {
  const FileText file{name, read_file(kFolder / name)};
  try {
    return described(file.text, find_places(file, {}));
  } catch (const Error& error) {
    return "error: " + error.headline() + "\n";
  }
}

TEST(Manifests, AreFoundInAsExpected) {
  const bool accept = std::getenv("STAMP_ACCEPT") != nullptr;
  const std::vector<std::string> names = manifests();
  for (const std::string& name : names) {
    const std::string found = found_in(name);
    const fs::path expected = (kFolder / name).concat(".expected");
    if (accept) replace_file(expected, found);
    EXPECT_EQ(found, read_file(expected)) << name;
  }
  EXPECT_GE(names.size(), 300U);
  if (accept) GTEST_SKIP() << "expectations were written";
}

/// The text without the fields of its places, and with what comes before fields that `edits` add.
std::string around(const FileText& file, const std::vector<Edit>& edits = {}) {
  std::vector<std::pair<ByteSpan, std::string>> spans;
  for (const Place& place : find_places(file, {}).places) {
    for (const auto* field : {&place.whole, &place.tag, &place.digest}) {
      if (*field) spans.emplace_back((*field)->span, "");
    }
  }
  for (const Edit& edit : edits) spans.emplace_back(edit.field.span, edit.field.lead);
  std::sort(spans.begin(), spans.end());
  std::string text;
  std::size_t done = 0;
  for (const auto& [span, lead] : spans) {
    if (span.begin >= done) text.append(file.text, done, span.begin - done);
    text += lead;
    done = span.end;
  }
  return text.append(file.text, done);
}

/// The places of a file that may be changed; none when it cannot be read.
std::vector<Place> editable(const FileText& file) {
  std::vector<Place> places;
  try {
    places = find_places(file, {}).places;
  } catch (const Error&) {
    return {};
  }
  std::erase_if(places, [](const Place& place) { return !place.obstacle.empty(); });
  return places;
}

TEST(Manifests, AreEditedInTheFieldsOfEachPlaceAlone) {
  const Digest digest = Digest::of("another image");
  std::size_t edits = 0;
  for (const std::string& name : manifests()) {
    const FileText before{name, read_file(kFolder / name)};
    const std::vector<Place> places = editable(before);
    for (std::size_t i = 0; i < places.size(); ++i) {
      SCOPED_TRACE(name + " " + places[i].path);
      const std::vector<Edit> changes = edits_for(places[i], digest);
      const FileText after{name, edited(before, changes, {})};
      EXPECT_EQ(around(after), around(before, changes));
      std::vector<Place> again = editable(after);
      ASSERT_EQ(again.size(), places.size());
      EXPECT_EQ(again[i].reference.digest, digest);
      EXPECT_EQ(again[i].reference.tag, places[i].reference.tag);
      EXPECT_EQ(edits_for(again[i], digest), std::vector<Edit>());
      for (std::size_t other = 0; other < places.size(); ++other) {
        if (other == i) continue;
        EXPECT_EQ(again[other].reference, places[other].reference);
      }
      ++edits;
    }
  }
  EXPECT_GE(edits, 390U);
}

TEST(Manifests, AreEditedInAllPlacesAtOnce) {
  const Digest digest = Digest::of("another image");
  for (const std::string& name : manifests()) {
    SCOPED_TRACE(name);
    const FileText before{name, read_file(kFolder / name)};
    const std::vector<Place> places = editable(before);
    std::vector<Edit> edits;
    for (const Place& place : places) {
      const std::vector<Edit> more = edits_for(place, digest);
      edits.insert(edits.end(), more.begin(), more.end());
    }
    if (edits.empty()) continue;
    const FileText after{name, edited(before, edits, {})};
    EXPECT_EQ(around(after), around(before, edits));
    for (const Place& place : editable(after)) EXPECT_EQ(place.reference.digest, digest);
  }
}

}  // namespace
}  // namespace stamp::pin
