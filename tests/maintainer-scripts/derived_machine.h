#pragma once
// A machine for the builders of derived files, and the real ones to compare with.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/core.h>

#include "maintainer-scripts/dpkg/package_database.h"
#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {

class DerivedMachine : public TestMachine {
 public:
  DerivedMachine()
      : TestMachine({derived_tools()}),
        database("amd64", [](std::string_view a, std::string_view b) { return a.compare(b); }),
        complete{tree,          budget,         database,   ids,    debconf.part,
                 triggers.part, machine.runner, 1700000000, "amd64"} {}

  /// Runs a tool on a machine that knows its packages.
  ToolResult call(std::vector<std::string> args) {
    auto out = std::make_shared<Buffer>();
    auto err = std::make_shared<Buffer>();
    Process process{complete, std::move(args)};
    process.files = {{1, out}, {2, err}};
    const int status = complete.runner.run(process);
    return {status, out->take(), err->take()};
  }
  void add_package(std::string name, std::string version) {
    Package package;
    package.name = std::move(name);
    package.version = std::move(version);
    package.architecture = "amd64";
    database.add(std::move(package));
  }
  /// Puts a file or link of this machine into the tree.
  void import(const std::filesystem::path& from, std::string_view to) {
    if (std::filesystem::is_symlink(from)) {
      symlink(to, std::filesystem::read_symlink(from).string());
    } else {
      file(to, bytes_of(from));
    }
  }
  /// "0750 105:107" of what is at a path.
  std::string permissions(std::string_view path) {
    const Found found = tree.find(path, LastLink::keep);
    return found
               ? fmt::format("{:04o} {}:{}", found.inode->mode, found.inode->uid, found.inode->gid)
               : "(none)";
  }
  static std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  PackageDatabase database;
  Machine complete;
};

}  // namespace stamp::scripts
