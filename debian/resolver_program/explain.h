#pragma once

#include <string>
#include <vector>

#include <apt-pkg/cachefile.h>
#include <apt-pkg/pkgcache.h>

namespace stamp::debian {

/// Why the marks of `cache` do not work out, in words: one line per relation that is not met,
/// sorted. `wanted`: what was asked for.
std::string explain_broken(pkgCacheFile& cache, const std::vector<pkgCache::VerIterator>& wanted);

/// The same of what is installed, before anything is marked.
std::string explain_installed(pkgCacheFile& cache);

}  // namespace stamp::debian
