#pragma once
// Images in docker archives, which have layers without a manifest over them.

#include <filesystem>
#include <memory>

#include "base/fd.h"
#include "builder/output/image_reader.h"
#include "oci/archive_reader.h"

namespace stamp::build {

/// Opens an archive for reading; one that is compressed as a whole is unpacked into a temporary
/// file in `scratch`. Errors: io; corrupt.
Fd open_archive(const std::filesystem::path& path, const std::filesystem::path& scratch);

/// The image that a place names in a docker archive. Reads all of its layers, to know their digests
/// and that they are those of its config. Errors: invalid; corrupt; io.
std::unique_ptr<ImageReader> open_docker_archive(const ImagePlace& place,
                                                 oci::DockerArchiveReader archive);

/// The uncompressed bytes of a layer, from the bytes of a blob of its type. Errors of read():
/// corrupt.
std::unique_ptr<Source> open_uncompressed(std::unique_ptr<Source> blob,
                                          const oci::Descriptor& layer);

}  // namespace stamp::build
