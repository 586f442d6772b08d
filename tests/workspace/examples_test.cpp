// The examples that the JSON Schemas are tested with: the parsers must be of the same opinion.

#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fd.h"
#include "tests/workspace/problems.h"
#include "workspace/lock.h"
#include "workspace/recipe.h"
#include "workspace/stamp_yaml.h"
#include "workspace/user_settings.h"

namespace stamp::workspace {
namespace {

const std::filesystem::path kExamples = STAMP_TEST_EXAMPLES;

/// What the parser of a kind of file says of a text.
std::string opinion(const std::string& kind, const std::string& text) {
  std::vector<Diagnostic> problems;
  if (kind == "stamp") parse_settings("file", text, "/ws", problems);
  if (kind == "recipe") parse_recipe("file", text, "/ws/app", problems);
  if (kind == "config") parse_user_settings("file", text, problems);
  if (kind == "lock") {
    try {
      parse_lock("file", text);
    } catch (const Error& error) {
      return error.headline();
    }
  }
  return shown(problems);
}

std::set<std::filesystem::path> files_in(const std::string& folder) {
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kExamples / folder)) {
    files.insert(entry.path());
  }
  return files;
}

class Examples : public testing::TestWithParam<const char*> {};

TEST_P(Examples, GoodOnesAreRead) {
  const std::string kind = GetParam();
  const auto files = files_in(kind + "/good");
  EXPECT_FALSE(files.empty());
  for (const auto& file : files) EXPECT_EQ(opinion(kind, read_file(file)), "") << file;
}

TEST_P(Examples, BadOnesAreRefused) {
  const std::string kind = GetParam();
  const auto files = files_in(kind + "/bad");
  EXPECT_FALSE(files.empty());
  for (const auto& file : files) EXPECT_NE(opinion(kind, read_file(file)), "") << file;
}

INSTANTIATE_TEST_SUITE_P(Kinds, Examples, testing::Values("stamp", "recipe", "config", "lock"));

}  // namespace
}  // namespace stamp::workspace
