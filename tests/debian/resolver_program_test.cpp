#include "debian/resolver_program.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/temp_file.h"
#include "debian/resolver_messages.h"
#include "tests/expect_error.h"

namespace stamp::debian {
namespace {

namespace fs = std::filesystem;

/// A program that prints `text` and ends with `status`.
fs::path make_program(const fs::path& path, const std::string& script) {
  make_folders(path.parent_path());
  replace_file(path, "#!/bin/sh\n" + script);
  fs::permissions(path, fs::perms::owner_all);
  return path;
}

TEST(ResolverProgram, StandsBesideStampOrInLibexec) {
  const TempDir folder;
  const fs::path stamp = folder.path() / "bin/stamp";
  make_program(folder.path() / "libexec/stamp/stamp-resolver", "cat; echo '{\"from\":1}'\n");
  EXPECT_EQ(ResolverProgram::beside(stamp).ask(""), "{\"from\":1}\n");
  make_program(folder.path() / "bin/stamp-resolver", "cat; echo '{\"from\":2}'\n");
  EXPECT_EQ(ResolverProgram::beside(stamp).ask(""), "{\"from\":2}\n");
}

TEST(ResolverProgram, SaysWhenItIsNotThere) {
  EXPECT_EQ(message_of([] { static_cast<void>(ResolverProgram::beside("/nonexistent/stamp")); }),
            "stamp: error: cannot find the program 'stamp-resolver' beside '/nonexistent/stamp'\n"
            "  try: install stamp with its resolver (CMake option STAMP_RESOLVER); building from a "
            "complete lock needs none\n");
}

TEST(ResolverProgram, SaysHowItDied) {
  const TempDir folder;
  const ResolverProgram failing(make_program(folder.path() / "a", "exit 3\n"));
  EXPECT_EQ(message_of([&] { static_cast<void>(failing.ask("{}")); }),
            "stamp: error: the resolver failed with status 3\n");
  const ResolverProgram killed(make_program(folder.path() / "b", "kill -9 $$\n"));
  EXPECT_EQ(message_of([&] { static_cast<void>(killed.ask("{}")); }),
            "stamp: error: the resolver was ended by signal 9\n");
}

TEST(ResolverProgram, ItsErrorsAreErrorsHere) {
  const Error error(ErrorKind::corrupt, "cannot x: y",
                    {.input = "i", .hint = "h", .during = {"doing a", "doing b"}});
  const TempDir folder;
  const ResolverProgram program(make_program(
      folder.path() / "a", "cat <<'END'\n" + Json{{"error", to_json(error)}}.dump() + "\nEND\n"));
  EXPECT_EQ(message_of([&] { static_cast<void>(program.ask("{}")); }), render(error));
  EXPECT_EQ(kind_of([&] { static_cast<void>(program.ask("{}")); }), ErrorKind::corrupt);
}

TEST(ResolverProgram, MessagesComeBack) {
  const ResolveRequest request = {.architecture = "amd64",
                                  .foreign_architectures = {"i386"},
                                  .indexes = {{"debian", "/x_Packages"}},
                                  .install = {"a", "b:i386"},
                                  .essential = false,
                                  .recommends = true,
                                  .keep = {{"c", "all", "1"}}};
  EXPECT_EQ(to_json(request_from_json(to_json(request))), to_json(request));
  const Resolution resolution = {
      {{"a", "1", "all", "pool/a.deb", 5, Digest::of("a"), "debian", "named"}}};
  EXPECT_EQ(resolution_from_json(to_json(resolution)).packages, resolution.packages);
}

}  // namespace
}  // namespace stamp::debian
