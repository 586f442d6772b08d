#pragma once
// A machine for tests of tools: a small packaged tree, and tools run over it.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "maintainer-scripts/accounts/system_ids.h"
#include "maintainer-scripts/dpkg/debconf.h"
#include "maintainer-scripts/dpkg/package_database.h"
#include "maintainer-scripts/dpkg/triggers.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/tool.h"

namespace stamp::scripts {

/// Contents of packaged files by path, and how often they were read.
class TestContents final : public ContentReader {
 public:
  std::string read(const Origin& file) override {
    ++reads;
    return contents.at({file.segment, file.path().str()});
  }

  std::map<std::pair<std::size_t, std::string>, std::string> contents;
  int reads = 0;
};

/// A tree that is filled in a test. The time of packaged files is 1000, that of scripts 2000.
class TestTree {
 public:
  TestTree() : tree(reader, 2000) {}
  TestTree(const TestTree&) = delete;
  TestTree& operator=(const TestTree&) = delete;

  /// An entry that is not in the tree yet.
  layer::Entry& add(layer::EntryType type, std::string_view path) {
    layer::Entry& entry = entries.emplace_back();
    entry.path = EntryPath::parse(path);
    entry.type = type;
    entry.mtime = 1000;
    if (type == layer::EntryType::directory) entry.mode = 0755;
    return entry;
  }
  const layer::Entry& file(std::string_view path, std::string content, std::uint32_t mode = 0644,
                           std::size_t segment = 0) {
    layer::Entry& entry = add(layer::EntryType::file, path);
    entry.mode = mode;
    entry.size = content.size();
    reader.contents[{segment, entry.path.str()}] = std::move(content);
    tree.put(entry, segment);
    return entry;
  }
  const layer::Entry& folder(std::string_view path, std::uint32_t mode = 0755,
                             std::size_t segment = 0) {
    layer::Entry& entry = add(layer::EntryType::directory, path);
    entry.mode = mode;
    tree.put(entry, segment);
    return entry;
  }
  const layer::Entry& symlink(std::string_view path, std::string_view target,
                              std::size_t segment = 0) {
    layer::Entry& entry = add(layer::EntryType::symlink, path);
    entry.mode = 0777;
    entry.link_target = target;
    tree.put(entry, segment);
    return entry;
  }
  const layer::Entry& hard_link(std::string_view path, std::string_view target,
                                std::size_t segment = 0) {
    layer::Entry& entry = add(layer::EntryType::hardlink, path);
    entry.link_target = EntryPath::parse(target).str();
    tree.put(entry, segment);
    return entry;
  }
  /// The content of a file; "(none)" when there is none.
  std::string text(std::string_view path) {
    const Found found = tree.find(path);
    return found && found.inode->is_file() ? tree.read(*found.inode) : "(none)";
  }

  TestContents reader;
  std::deque<layer::Entry> entries;
  Tree tree;
};

/// What a tool did.
struct ToolResult {
  int status = 0;
  std::string out;
  std::string err;

  friend bool operator==(const ToolResult&, const ToolResult&) = default;
};

/// A part of the machine that the tools under test never touch.
template <class Part>
union Untouched {
  Untouched() {}
  ~Untouched() {}
  Untouched(const Untouched&) = delete;
  Untouched& operator=(const Untouched&) = delete;
  Part part;
};

/// A machine whose runner knows the tools that it is given, wherever they are called from.
class TestMachine : public TestTree, private Runner {
 public:
  explicit TestMachine(std::vector<std::span<const ToolRow>> tables)
      : machine{tree,          budget, packages.part, ids,    debconf.part,
                triggers.part, *this,  1700000000,    "amd64"},
        tables_(std::move(tables)) {}

  /// Runs a tool in `directory`.
  ToolResult run_tool(std::vector<std::string> args, std::string input = "") {
    auto out = std::make_shared<Buffer>();
    auto err = std::make_shared<Buffer>();
    Process process{machine, std::move(args)};
    process.directory = directory;
    process.umask = umask;
    process.environment = environment;
    process.files = {{0, std::make_shared<Buffer>(std::move(input))}, {1, out}, {2, err}};
    ToolResult result;
    result.status = run(process);
    result.out = out->take();
    result.err = err->take();
    return result;
  }

  Budget budget;
  Untouched<PackageDatabase> packages;
  SystemIds ids;
  Untouched<Debconf> debconf;
  Untouched<Triggers> triggers;
  Machine machine;
  std::string directory = "/";
  std::uint32_t umask = 022;
  Environment environment;

 private:
  int run(Process& process) override {
    for (const std::span<const ToolRow> table : tables_) {
      for (const ToolRow& row : table) {
        if (row.name == process.name()) return row.tool(process);
      }
    }
    process.err(process.args.front() + ": not found\n");
    return 127;
  }

  std::vector<std::span<const ToolRow>> tables_;
};

}  // namespace stamp::scripts
