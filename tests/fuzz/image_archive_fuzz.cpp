// An archive of images is read or refused; what it names lies within it.

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <span>

#include <sys/mman.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/stream.h"
#include "oci/archive_reader.h"

namespace {

using namespace stamp;

/// Runs `body`, which may refuse.
void try_it(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error&) {
  }
}

oci::TarIndex index_of(Bytes bytes) {
  Fd file(::memfd_create("archive", MFD_CLOEXEC));
  if (!file) std::abort();
  write_all(file.get(), bytes, "archive");
  return {std::move(file), "archive"};
}

/// Reads a file to its end, which must be as far as was said.
void read(const oci::TarIndex& tar, const std::string& name) {
  if (!tar.contains(name)) return;
  const std::uint64_t size = tar.size(name);
  NullSink none;
  if (copy(*tar.open(name), none) != size) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  try_it([&] {
    const oci::OciArchiveReader reader(index_of(bytes));
    for (const oci::Descriptor& entry : reader.index().manifests) {
      try_it([&] {
        NullSink none;
        if (copy(*reader.open(entry), none) != entry.size) std::abort();
      });
    }
  });
  try_it([&] {
    const oci::DockerArchiveReader reader(index_of(bytes));
    for (const oci::DockerArchiveImage& image : reader.images()) {
      read(reader.tar(), image.config);
      for (const std::string& layer : image.layers) read(reader.tar(), layer);
    }
  });
  return 0;
}
