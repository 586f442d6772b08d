# cmake -DSOURCES=A;B;… -DFOLDER=… -DOUTPUT=… -P SourceDigest.cmake
# Writes a source file that defines evaluation_version(): a digest of SOURCES, which are paths
# relative to FOLDER. Keys of what was evaluated name it, so that a changed evaluator never finds
# what another one made.
set(digests "")
foreach(source IN LISTS SOURCES)
  file(SHA256 ${FOLDER}/${source} digest)
  string(APPEND digests "${source} ${digest}\n")
endforeach()
string(SHA256 digest "${digests}")
string(SUBSTRING ${digest} 0 16 version)
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
#include "maintainer-scripts/dpkg/evaluate.h"

namespace stamp::scripts {

std::string_view evaluation_version() {
  return "@version@";
}

}  // namespace stamp::scripts
]])
