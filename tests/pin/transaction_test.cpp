#include "pin/transaction.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/temp_file.h"

namespace stamp::pin {
namespace {

namespace fs = std::filesystem;

class ChangeFiles : public ::testing::Test {
 protected:
  FileChange change(const std::string& name, const std::string& before, const std::string& text) {
    const fs::path path = folder_.path() / name;
    if (!fs::exists(path)) replace_file(path, before);
    return {path, name, Digest::of(before), text};
  }
  std::string text(const std::string& name) { return read_file(folder_.path() / name); }
  /// What went wrong, and that nothing else is there than before.
  std::string problem_of(const std::vector<FileChange>& changes) {
    std::string problem;
    try {
      change_files(changes);
    } catch (const Error& error) {
      problem = error.headline();
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path())) {
      EXPECT_FALSE(entry.path().filename().string().starts_with(".stamp-")) << entry.path();
    }
    return problem;
  }

  TempDir folder_;
};

TEST_F(ChangeFiles, KeepsTheMode) {
  const FileChange one = change("a.sh", "old", "new");
  ASSERT_EQ(::chmod(one.path.c_str(), 0750), 0);
  EXPECT_EQ(problem_of({one, change("b", "1", "2")}), "");
  EXPECT_EQ(text("a.sh"), "new");
  EXPECT_EQ(text("b"), "2");
  EXPECT_EQ(fs::status(one.path).permissions(), static_cast<fs::perms>(0750));
}

TEST_F(ChangeFiles, WritesNoneWhenOneWasChangedMeanwhile) {
  const FileChange first = change("a", "old", "new");
  FileChange second = change("b", "old", "new");
  replace_file(second.path, "somebody's");
  EXPECT_EQ(problem_of({first, second}), "cannot change 'b': somebody else changed it meanwhile");
  EXPECT_EQ(text("a"), "old");
  EXPECT_EQ(text("b"), "somebody's");
}

TEST_F(ChangeFiles, WritesNoneWhenOneIsReadOnly) {
  const FileChange first = change("a", "old", "new");
  const FileChange second = change("b", "old", "new");
  ASSERT_EQ(::chmod(second.path.c_str(), 0444), 0);
  EXPECT_EQ(problem_of({first, second}), "cannot change 'b': it is read-only");
  EXPECT_EQ(text("a"), "old");
}

TEST_F(ChangeFiles, WritesNoneWhenOneHasOtherNames) {
  const FileChange first = change("a", "old", "new");
  const FileChange second = change("b", "old", "new");
  fs::create_hard_link(second.path, folder_.path() / "c");
  EXPECT_EQ(problem_of({first, second}),
            "cannot change 'b': the file has other names too (hard links)");
  EXPECT_EQ(text("a"), "old");
}

TEST_F(ChangeFiles, MakesNewFilesWithTheModeOfOrdinaryOnes) {
  const fs::path ordinary = folder_.path() / "ordinary";
  replace_file(ordinary, "");
  EXPECT_EQ(problem_of({{folder_.path() / "a", "a", std::nullopt, "new"}}), "");
  EXPECT_EQ(text("a"), "new");
  EXPECT_EQ(fs::status(folder_.path() / "a").permissions(), fs::status(ordinary).permissions());
}

TEST_F(ChangeFiles, WritesNoneWhenSomebodyMadeANewFileMeanwhile) {
  const FileChange first = change("a", "old", "new");
  replace_file(folder_.path() / "b", "somebody's");
  EXPECT_EQ(problem_of({first, {folder_.path() / "b", "b", std::nullopt, "new"}}),
            "cannot change 'b': somebody else changed it meanwhile");
  EXPECT_EQ(text("a"), "old");
  EXPECT_EQ(text("b"), "somebody's");
}

TEST_F(ChangeFiles, FollowsNoLink) {
  const FileChange first = change("a", "old", "new");
  fs::create_symlink("a", folder_.path() / "link");
  EXPECT_EQ(
      problem_of({{folder_.path() / "link", "link", Digest::of("old"), "new"}}).find("cannot open"),
      0U);
  EXPECT_EQ(text("a"), "old");
}

TEST_F(ChangeFiles, NeedsNoMoreDescriptorsThanAFew) {
  std::vector<FileChange> changes;
  for (int i = 0; i < 60; ++i) changes.push_back(change(std::to_string(i), "old", "new"));
  struct rlimit usual {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  const struct rlimit few { 50, usual.rlim_max };
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_EQ(problem_of(changes), "");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &usual), 0);
  EXPECT_EQ(text("59"), "new");
}

}  // namespace
}  // namespace stamp::pin
