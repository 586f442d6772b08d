#pragma once
// Packages made by tests.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "base/stream.h"
#include "builder/plan/plan.h"
#include "layer/tar_writer.h"
#include "tests/builder/builder_fixture.h"

namespace stamp::build {

/// A package that a test makes up.
struct FakePackage {
  std::string name = "app";
  std::string version = "1.0";
  std::string architecture = "amd64";
  std::string fields = {};  ///< more lines of its control file
  std::vector<std::pair<std::string, std::string>> members = {};  ///< more of its control archive
  std::vector<PlannedEntry> files = {};                           ///< its data, in order
};

namespace fake {

inline std::string tar_of(const std::vector<PlannedEntry>& entries) {
  StringSink sink;
  layer::TarWriter tar(sink);
  for (const PlannedEntry& planned : entries) {
    StringSource text(planned.text);
    if (planned.entry.size > 0) {
      tar.add(planned.entry, text);
    } else {
      tar.add(planned.entry);
    }
  }
  tar.write_end();
  return sink.take();
}

inline std::string ar_member(std::string_view name, std::string_view content) {
  std::string out =
      fmt::format("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", name, 0, 0, 0, "100644", content.size());
  out += content;
  if (content.size() % 2 != 0) out += '\n';
  return out;
}

}  // namespace fake

/// The bytes of its .deb, nothing in it compressed.
inline std::string deb_of(const FakePackage& package) {
  std::vector<PlannedEntry> control = {
      file("/control",
           fmt::format("Package: {}\nVersion: {}\nArchitecture: {}\n{}Maintainer: Test <t@e.x>\n"
                       "Description: a test\n",
                       package.name, package.version, package.architecture, package.fields))};
  for (const auto& [name, text] : package.members) control.push_back(file("/" + name, text, 0755));
  return "!<arch>\n" + fake::ar_member("debian-binary", "2.0\n") +
         fake::ar_member("control.tar", fake::tar_of(control)) +
         fake::ar_member("data.tar", fake::tar_of(package.files));
}

/// What a plan says of the package, as amd64 has it.
inline PackageSegment segment_of(const FakePackage& package) {
  PackageSegment segment;
  segment.package.name = package.name;
  segment.package.version = package.version;
  segment.package.architecture = package.architecture;
  segment.package.digest = Digest::of(deb_of(package));
  segment.merged = debian::MergedUsr::for_architecture("amd64").with_multilib();
  return segment;
}

}  // namespace stamp::build
