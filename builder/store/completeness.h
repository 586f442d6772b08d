#pragma once

#include <string>
#include <vector>

#include "builder/store/layer_store.h"
#include "builder/store/segment_store.h"
#include "debian/merged_usr.h"

namespace stamp::build {

/// Something that files of an image need to run and that nothing in it provides.
struct Gap {
  std::string needed;     ///< "/usr/bin/python3", "libblas.so.3"
  std::string by;         ///< a file that needs it: "/usr/bin/ffmpeg"
  std::size_t files = 0;  ///< how many files need it
  std::string package;    ///< the Debian package that usually brings it; empty: not known

  /// "nothing provides /bin/sh, which /usr/bin/ldd and 3 other files need; package 'dash' does"
  std::string str() const;
};

/// Looks for interpreters and libraries that are missing: what ELF files and scripts of the layers
/// ask for (bottom to top), compared with what the layers hold. A library counts as there when any
/// folder has a file of its name. The lowest `foreign` layers are a base's: what they lack is
/// nothing new. In byte order of what is needed.
std::vector<Gap> find_gaps(const std::vector<const StoredLayer*>& layers,
                           const debian::MergedUsr& merged, SegmentStore& store,
                           std::size_t foreign = 0);

}  // namespace stamp::build
