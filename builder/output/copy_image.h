#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "builder/output/image_place.h"
#include "builder/output/image_tree.h"
#include "builder/output/image_writer.h"
#include "oci/platform.h"

namespace stamp::build {

/// A copy of an image that is wanted.
struct CopyRequest {
  ImagePlace from;
  ImagePlace to;
  std::optional<oci::Platform> platform;  ///< this one alone; nothing: all
  WithReferrers referrers = WithReferrers::no;
};

/// What came of it.
struct CopiedImage {
  oci::Descriptor image;  ///< the manifest or index that was copied
  std::vector<Referrer> referrers;
  WrittenImage written;
  std::uint64_t requests = 0;  ///< to registries, in all
};

/// Copies an image, or everything that its index names, byte for byte: manifests keep their
/// digests and types. Only blobs that the destination lacks are moved; what names the image is
/// written last. Errors: usage (the destination cannot hold what is asked for, or would have
/// another digest); those of ImageReader, read_tree() and the writers.
CopiedImage copy_image(const CopyRequest& request, const CopyTools& tools);

}  // namespace stamp::build
