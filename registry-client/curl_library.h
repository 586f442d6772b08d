#pragma once
// libcurl, loaded when it is first needed: linking it would cost every start of the program ten
// milliseconds for the libraries that it brings along. Private to the transport.

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

namespace stamp::registry {

/// The functions of libcurl that the transport calls.
struct CurlLibrary {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
};

/// Loads and prepares libcurl. It stays loaded. Errors: unavailable.
CurlLibrary load_curl();

}  // namespace stamp::registry
