#include "cache/examine.h"

#include <algorithm>

#include <sys/stat.h>

#include "base/fd.h"
#include "base/pool.h"

namespace stamp::cache {
namespace {

Examined examine(const BlobFolder& folder, const std::filesystem::path& path) {
  Examined examined{.path = path, .file = identity_of(path), .name = folder.digest_of(path)};
  struct stat status = {};
  const bool regular = ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
  if (!examined.file || !examined.name || !regular) return examined;
  FileSource source(open_regular_nofollow(path), path.string());
  HashSink sink;
  copy(source, sink);
  examined.bytes = Blob{.digest = sink.digest(), .size = sink.size()};
  return examined;
}

}  // namespace

std::vector<Examined> examine_all(const BlobFolder& folder) {
  const std::vector<std::filesystem::path> paths = folder.list();
  std::vector<Examined> all(paths.size());
  Pool pool(std::min<std::size_t>(Pool::cpus(), 8));
  for (std::size_t i = 0; i < paths.size(); ++i) {
    pool.add([&, i] { all[i] = examine(folder, paths[i]); });
  }
  pool.wait();
  return all;
}

std::vector<Blob> whole_blobs(const BlobFolder& folder) {
  std::vector<Blob> blobs;
  for (const Examined& examined : examine_all(folder)) {
    if (examined.is_whole()) blobs.push_back(*examined.bytes);
  }
  std::ranges::sort(blobs);
  return blobs;
}

}  // namespace stamp::cache
