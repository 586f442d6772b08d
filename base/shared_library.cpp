#include "base/shared_library.h"

#include <utility>

#include <dlfcn.h>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp {

SharedLibrary::SharedLibrary(std::string file, std::string package)
    : file_(std::move(file)), package_(std::move(package)) {
  library_ = ::dlopen(file_.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library_ != nullptr) return;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps this text per thread
  const char* why = ::dlerror();
  fail(why != nullptr ? why : "no reason given");
}

void SharedLibrary::fail(std::string_view why) const {
  throw Error(ErrorKind::unavailable, fmt::format("cannot load {}: {}", file_, printable(why)),
              {.hint = "install the package " + package_});
}

void* SharedLibrary::find(const char* name) const {
  void* address = ::dlsym(library_, name);
  if (address == nullptr) fail(std::string("it has no ") + name);
  return address;
}

}  // namespace stamp
