#include "registry-client/curl_library.h"

#include <string>

#include <dlfcn.h>

#include "base/error.h"

namespace stamp::registry {
namespace {

[[noreturn]] void missing(const std::string& why) {
  throw Error(ErrorKind::unavailable, "cannot load libcurl: " + printable(why),
              {.hint = "install the package libcurl4"});
}

template <typename Function>
void resolve(void* library, const char* name, Function& function) {
  void* address = ::dlsym(library, name);
  if (address == nullptr) missing(std::string("it has no ") + name);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): POSIX says that it works
  function = reinterpret_cast<Function>(address);
}

}  // namespace

CurlLibrary load_curl() {
  void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps this text per thread
    const char* why = ::dlerror();
    missing(why != nullptr ? why : "no reason given");
  }
  CurlLibrary curl;
  resolve(library, "curl_global_init", curl.global_init);
  resolve(library, "curl_easy_init", curl.easy_init);
  resolve(library, "curl_easy_cleanup", curl.easy_cleanup);
  resolve(library, "curl_easy_reset", curl.easy_reset);
  resolve(library, "curl_easy_setopt", curl.easy_setopt);
  resolve(library, "curl_easy_perform", curl.easy_perform);
  resolve(library, "curl_easy_getinfo", curl.easy_getinfo);
  resolve(library, "curl_easy_strerror", curl.easy_strerror);
  resolve(library, "curl_slist_append", curl.slist_append);
  resolve(library, "curl_slist_free_all", curl.slist_free_all);
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) missing("it cannot be prepared");
  return curl;
}

}  // namespace stamp::registry
