#include "registry-client/curl_library.h"

#include "base/shared_library.h"

namespace stamp::registry {

CurlLibrary load_curl() {
  const SharedLibrary library("libcurl.so.4", "libcurl4");
  CurlLibrary curl;
  library.resolve("curl_global_init", curl.global_init);
  library.resolve("curl_easy_init", curl.easy_init);
  library.resolve("curl_easy_cleanup", curl.easy_cleanup);
  library.resolve("curl_easy_reset", curl.easy_reset);
  library.resolve("curl_easy_setopt", curl.easy_setopt);
  library.resolve("curl_easy_perform", curl.easy_perform);
  library.resolve("curl_easy_getinfo", curl.easy_getinfo);
  library.resolve("curl_easy_strerror", curl.easy_strerror);
  library.resolve("curl_slist_append", curl.slist_append);
  library.resolve("curl_slist_free_all", curl.slist_free_all);
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) library.fail("it cannot be prepared");
  return curl;
}

}  // namespace stamp::registry
