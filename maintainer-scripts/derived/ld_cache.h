#pragma once
// The format of /etc/ld.so.cache as ldconfig of glibc 2.36 writes it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stamp::scripts {

/// A library that the dynamic linker finds by name.
struct CachedLibrary {
  std::string name;         ///< "libz.so.1"
  std::string path;         ///< "/lib/x86_64-linux-gnu/libz.so.1"
  std::uint32_t flags = 0;  ///< kind and machine: 0x0303 x86-64, 0x0a03 AArch64, 0x0003 i386
  std::string hwcaps;       ///< the folder of glibc-hwcaps that it lies in: "x86-64-v3"; else ""
};

/// Compares names as the dynamic linker searches: runs of digits by their value. < 0, 0, > 0.
int compare_library_names(std::string_view a, std::string_view b);

/// The bytes of the cache. Those with equal names and kinds keep the order of `libraries`.
/// `generator` says who wrote it: "ldconfig (Debian GLIBC 2.36-9+deb12u14) stable release version
/// 2.36". Spec: glibc 2.36, sysdeps/generic/dl-cache.h.
std::string make_library_cache(std::vector<CachedLibrary> libraries, std::string_view generator);

}  // namespace stamp::scripts
