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

}  // namespace
}  // namespace stamp::pin
