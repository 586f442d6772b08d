#include <gtest/gtest.h>

#include "base/child.h"
#include "base/temp_file.h"
#include "maintainer-scripts/derived/ld_cache.h"
#include "tests/maintainer-scripts/derived_machine.h"

namespace stamp::scripts {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "/usr/lib/x86_64-linux-gnu";

/// Library files of this machine whose names start as given.
std::vector<fs::path> libraries_of_host() {
  constexpr std::string_view kStarts[] = {"libz.so",   "libzstd.so", "libm.so",   "libc.so",
                                          "libfmt.so", "liblzma.so", "libbz2.so", "ld-linux"};
  std::vector<fs::path> found;
  if (!fs::is_directory(kFolder)) return found;
  for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename();
    for (const std::string_view start : kStarts) {
      if (name.starts_with(start)) found.push_back(entry.path());
    }
  }
  return found;
}

/// Copies a file or link of this machine to `target`, and into the machine's tree at `path`.
void plant(DerivedMachine& machine, const fs::path& root, const fs::path& from,
           const std::string& path) {
  const fs::path target = root / path.substr(1);
  fs::create_directories(target.parent_path());
  fs::copy(from, target, fs::copy_options::copy_symlinks);
  machine.import(from, path);
}

/// The version that the program wrote into a cache.
std::string version_in(const std::string& cache) {
  const std::size_t start = cache.find(" GLIBC ") + 7;
  return cache.substr(start, cache.find(')', start) - start);
}

TEST(Ldconfig, WritesWhatTheRealOneWrites) {
  const std::vector<fs::path> libraries = libraries_of_host();
  if (!fs::exists("/sbin/ldconfig") || libraries.size() < 4) {
    GTEST_SKIP() << "no ldconfig or no libraries of x86-64 here";
  }
  const TempDir root;
  DerivedMachine machine;
  for (const fs::path& library : libraries) {
    plant(machine, root.path(), library, kFolder + ("/" + library.filename().string()));
  }
  const fs::path zlib = fs::canonical(fs::path(kFolder) / "libz.so.1");
  plant(machine, root.path(), zlib, "/opt/lib/libz.so.1.9");
  plant(machine, root.path(), zlib, kFolder + std::string("/glibc-hwcaps/x86-64-v3/libz.so.1"));
  fs::create_directories(root.path() / "etc");
  std::ofstream(root.path() / "etc/ld.so.conf") << "# here\n/opt/lib/\n/usr/lib/x86_64-linux-gnu\n";
  machine.file("/etc/ld.so.conf", "# here\n/opt/lib/\n/usr/lib/x86_64-linux-gnu\n");
  Child real({"/sbin/ldconfig", {"-r", root.path()}, {}});
  real.communicate("", 1 << 20);
  if (real.wait() != 0) GTEST_SKIP() << "ldconfig -r needs to be root here";
  const std::string cache = DerivedMachine::bytes_of(root.path() / "etc/ld.so.cache");
  if (cache.find(" GLIBC 2.36-") == std::string::npos) {
    GTEST_SKIP() << "another ldconfig than that of Debian 12";
  }
  machine.add_package("libc-bin", version_in(cache));
  EXPECT_EQ(machine.call({"ldconfig"}), (ToolResult{0, "", ""}));
  EXPECT_TRUE(machine.text("/etc/ld.so.cache") == cache);
  EXPECT_EQ(machine.tree.find("/opt/lib/libz.so.1", LastLink::keep).inode->link_target,
            "libz.so.1.9");
  EXPECT_EQ(fs::read_symlink(root.path() / "opt/lib/libz.so.1"), "libz.so.1.9");
}

TEST(Ldconfig, AsksSegmentsBeforeItReads) {
  DerivedMachine machine;
  machine.add_package("libc-bin", "2.36-9+deb12u14");
  machine.folder("/etc/ld.so.conf.d");
  machine.file("/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
  machine.file("/etc/ld.so.conf.d/a.conf", "/usr/lib/aarch64-linux-gnu\n");
  machine.file("/usr/lib/aarch64-linux-gnu/libx.so.1.2", "");
  machine.file("/usr/lib/aarch64-linux-gnu/libx.so.1.10", "");
  machine.file("/usr/lib/aarch64-linux-gnu/libscript.so", "");
  machine.symlink("/usr/lib/aarch64-linux-gnu/libx.so", "libx.so.1.2");
  machine.symlink("/usr/lib/aarch64-linux-gnu/libgone.so.1", "libgone.so.1.2");
  machine.complete.elf_facts = [](const Origin& file) -> std::optional<layer::ElfFacts> {
    if (file.path().name() == "libscript.so") return std::nullopt;
    layer::ElfFacts facts;
    facts.machine = 183;
    facts.bits = 64;
    facts.soname = "libx.so.1";
    facts.complete = true;
    return facts;
  };
  EXPECT_EQ(machine.call({"ldconfig"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.reader.reads, 2);  // the two configuration files
  const auto link = machine.tree.find("/usr/lib/aarch64-linux-gnu/libx.so.1", LastLink::keep);
  EXPECT_EQ(link.inode->link_target, "libx.so.1.10");
  EXPECT_FALSE(machine.tree.find("/usr/lib/aarch64-linux-gnu/libgone.so.1", LastLink::keep));
  EXPECT_TRUE(
      machine.text("/etc/ld.so.cache") ==
      make_library_cache({{"libx.so.1", "/usr/lib/aarch64-linux-gnu/libx.so.1", 0x0a03, ""},
                          {"libx.so", "/usr/lib/aarch64-linux-gnu/libx.so", 0x0a03, ""}},
                         "ldconfig (Debian GLIBC 2.36-9+deb12u14) stable release version 2.36"));
  EXPECT_EQ(machine.permissions("/etc/ld.so.cache"), "0644 0:0");
}

TEST(Ldconfig, RefusesWhatItDoesNotKnow) {
  DerivedMachine machine;
  EXPECT_THROW(machine.call({"ldconfig"}), Unknown);  // no libc-bin
  EXPECT_THROW(machine.call({"ldconfig", "-p"}), Unknown);
  EXPECT_THROW(machine.call({"ldconfig", "/opt/lib"}), Unknown);
}

TEST(LibraryNames, CompareNumbersByValue) {
  EXPECT_LT(compare_library_names("libx.so.9", "libx.so.10"), 0);
  EXPECT_GT(compare_library_names("libx.so.1", "libx.so"), 0);
  EXPECT_EQ(compare_library_names("libx.so.01", "libx.so.1"), 0);
  EXPECT_LT(compare_library_names("libx.so", "libx1.so"), 0);
}

}  // namespace
}  // namespace stamp::scripts
