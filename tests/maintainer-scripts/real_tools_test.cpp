// The tools beside those of this system, on the same small folder: same output, status and result.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/child.h"
#include "base/temp_file.h"
#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {
namespace {

namespace fs = std::filesystem;
using layer::EntryType;

constexpr std::int64_t kPackaged = 1000;
constexpr std::int64_t kNow = 2000;

/// Something that both start with.
struct Item {
  EntryType type;
  const char* path;
  const char* text;  // content, or target of a link
  std::uint32_t mode = 0777;
};
constexpr Item kItems[] = {
    {EntryType::directory, "d", "", 0750},
    {EntryType::file, "d/a", "a\n", 0600},
    {EntryType::symlink, "d/link", "a"},
    {EntryType::directory, "d/sub", "", 0755},
    {EntryType::file, "d/sub/b", "b\n", 0644},
    {EntryType::symlink, "dl", "d"},
    {EntryType::directory, "e", "", 02755},
    {EntryType::file, "f", "one\n", 0644},
    {EntryType::file, "g", "two\n", 0755},
    {EntryType::file, "h1", "hard\n", 0644},
    {EntryType::hardlink, "h2", "h1"},
    {EntryType::symlink, "hang", "nowhere"},
    {EntryType::symlink, "l", "f"},
    {EntryType::symlink, "loop", "loop"},
    {EntryType::file, "s", "set\n", 06755},
    {EntryType::directory, "t", "", 01777},
};

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string line(std::string_view path, EntryType type, std::uint32_t mode, std::int64_t time,
                 std::string_view owner, std::string_view text) {
  std::ostringstream out;
  out << path << ' ' << layer::describe(type);
  if (type != EntryType::symlink) out << ' ' << std::oct << mode << std::dec;
  if (type == EntryType::file) out << " at " << time;
  out << ' ' << owner << ' ' << text << '\n';
  return out.str();
}

/// A folder of the system's with the items, and its tools.
class Real {
 public:
  Real() {
    for (const Item& item : kItems) make(item);
  }

  ToolResult run(const std::string& commands) {
    const std::string script =
        "cd '" + folder_.path().string() + "/w' && umask 022; exec >../out 2>../err\n" + commands;
    Child child(
        {"/bin/sh", {"-c", script}, {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC0"}});
    child.communicate("", 1U << 20U);
    ToolResult result;
    result.status = child.wait();
    result.out = content_of(folder_.path() / "out");
    result.err = content_of(folder_.path() / "err");
    return result;
  }

  std::string listing() const {
    std::vector<std::string> lines;
    for (const auto& entry : fs::recursive_directory_iterator(work())) {
      struct stat info = {};
      ::lstat(entry.path().c_str(), &info);
      const std::string path = entry.path().lexically_relative(work()).string();
      const std::string owner = std::to_string(info.st_uid) + ":" + std::to_string(info.st_gid) +
                                (S_ISDIR(info.st_mode) ? "" : " x" + std::to_string(info.st_nlink));
      EntryType type = EntryType::file;
      std::string text;
      if (S_ISDIR(info.st_mode)) type = EntryType::directory;
      if (S_ISFIFO(info.st_mode)) type = EntryType::fifo;
      if (S_ISLNK(info.st_mode)) type = EntryType::symlink;
      if (type == EntryType::symlink) text = fs::read_symlink(entry.path()).string();
      if (type == EntryType::file) text = content_of(entry.path());
      const std::int64_t time = info.st_mtime > 1'600'000'000 ? kNow : info.st_mtime;
      lines.push_back(line(path, type, info.st_mode & 07777U, time, owner, text));
    }
    std::sort(lines.begin(), lines.end());
    std::string all;
    for (const std::string& each : lines) all += each;
    return all;
  }

 private:
  fs::path work() const { return folder_.path() / "w"; }

  void make(const Item& item) {
    fs::create_directory(work());
    const fs::path path = work() / item.path;
    if (item.type == EntryType::directory) fs::create_directory(path);
    if (item.type == EntryType::symlink) fs::create_symlink(item.text, path);
    if (item.type == EntryType::hardlink) fs::create_hard_link(work() / item.text, path);
    if (item.type == EntryType::file) std::ofstream(path) << item.text;
    if (item.type == EntryType::file || item.type == EntryType::directory) {
      ::chmod(path.c_str(), item.mode);
    }
    const timespec time{kPackaged, 0};
    const timespec times[] = {time, time};
    ::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW);
  }

  TempDir folder_;
};

/// The words of commands, as a shell takes them apart: quotes and backslashes, ";" between.
std::vector<std::vector<std::string>> split(const std::string& text) {
  std::vector<std::vector<std::string>> commands(1);
  std::string word;
  bool has_word = false;
  bool is_quoted = false;
  const auto end_word = [&] {
    if (has_word) commands.back().push_back(word);
    word.clear();
    has_word = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\'') {
      is_quoted = !is_quoted;
      has_word = true;
    } else if (!is_quoted && (c == ' ' || c == ';')) {
      end_word();
      if (c == ';') commands.emplace_back();
    } else {
      word += c == '\\' && !is_quoted ? text[++i] : c;
      has_word = true;
    }
  }
  end_word();
  return commands;
}

/// The same, evaluated.
class Evaluated : public TestMachine {
 public:
  Evaluated() : TestMachine({file_tools()}) {
    file("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/x\nbin:x:2:2::/:/x\n");
    file("/etc/group", "root:x:0:\ndaemon:x:1:\nbin:x:2:\nadm:x:4:\n");
    folder("/w");
    for (const Item& item : kItems) {
      const std::string path = std::string("/w/") + item.path;
      if (item.type == EntryType::directory) folder(path, item.mode);
      if (item.type == EntryType::symlink) symlink(path, item.text);
      if (item.type == EntryType::hardlink) hard_link(path, std::string("/w/") + item.text);
      if (item.type == EntryType::file) file(path, item.text, item.mode);
    }
    directory = "/w";
  }

  /// Commands with ";" between, words with blanks, single quotes and backslashes.
  ToolResult evaluate(const std::string& commands) {
    ToolResult all;
    for (const std::vector<std::string>& args : split(commands)) {
      const ToolResult result = run_tool(args);
      all.status = result.status;
      all.out += result.out;
      all.err += result.err;
    }
    return all;
  }

  std::string listing() {
    std::vector<std::string> lines;
    collect(*tree.find("/w").inode, "", lines);
    std::sort(lines.begin(), lines.end());
    std::string all;
    for (const std::string& each : lines) all += each;
    return all;
  }

 private:
  void collect(const Inode& folder, const std::string& prefix, std::vector<std::string>& lines) {
    for (const auto& [name, child] : folder.children) {
      const std::string owner = std::to_string(child->uid) + ":" + std::to_string(child->gid) +
                                (child->is_directory() ? "" : " x" + std::to_string(child->names));
      lines.push_back(line(prefix + name, child->type, child->mode, child->mtime, owner,
                           child->is_file() ? tree.read(*child) : child->link_target));
      collect(*child, prefix + name + "/", lines);
    }
  }
};

/// Lines that are printed in the order of a file system are compared sorted.
std::string sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

class RealTools : public testing::TestWithParam<std::string> {};

TEST_P(RealTools, DoTheSame) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: owners are changed";
  static const bool is_debian_12 =
      Real().run("cp --version").out.starts_with("cp (GNU coreutils) 9.1\n");
  if (!is_debian_12) GTEST_SKIP() << "needs the tools of Debian 12";
  Real real;
  Evaluated evaluated;
  ToolResult expected = real.run(GetParam());
  ToolResult got = evaluated.evaluate(GetParam());
  if (GetParam().starts_with("find")) {
    expected.out = sorted_lines(expected.out);
    got.out = sorted_lines(got.out);
  }
  EXPECT_EQ(got.out, expected.out) << GetParam();
  EXPECT_EQ(got.err, expected.err) << GetParam();
  EXPECT_EQ(got.status, expected.status) << GetParam();
  EXPECT_EQ(evaluated.listing(), real.listing()) << GetParam();
}

/// A line of the data file, each a case.
std::vector<std::string> cases() {
  std::vector<std::string> all;
  std::ifstream in(STAMP_REAL_TOOLS);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.front() != '#') all.push_back(line);
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Case, RealTools, testing::ValuesIn(cases()));

}  // namespace
}  // namespace stamp::scripts
