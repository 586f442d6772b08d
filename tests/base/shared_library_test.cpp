#include "base/shared_library.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace stamp {
namespace {

TEST(SharedLibrary, FindsFunctions) {
  double (*cosine)(double) = nullptr;
  const SharedLibrary library("libm.so.6", "libc6");
  library.resolve("cos", cosine);
  EXPECT_EQ(cosine(0.0), 1.0);
}

TEST(SharedLibrary, SaysWhatToInstall) {
  try {
    const SharedLibrary library("libnot-there.so.9", "libnot-there9");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    EXPECT_EQ(std::string(error.what()),
              "cannot load libnot-there.so.9: libnot-there.so.9: cannot open shared object file: "
              "No such file or directory");
    EXPECT_EQ(error.details().hint, "install the package libnot-there9");
  }
}

TEST(SharedLibrary, SaysWhichFunctionIsMissing) {
  const SharedLibrary library("libm.so.6", "libc6");
  void (*function)() = nullptr;
  try {
    library.resolve("not_there", function);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), "cannot load libm.so.6: it has no not_there");
  }
}

}  // namespace
}  // namespace stamp
