#pragma once

#include <cstdint>

#include "base/stream.h"
#include "builder/plan/plan.h"
#include "builder/plan/step_key.h"
#include "debian/dpkg_database.h"
#include "layer/segment.h"

namespace stamp::build {

/// A package that was unpacked into a segment.
struct UnpackedSegment {
  layer::Segment segment;
  debian::UnpackedPackage package;
};

/// How a package is unpacked.
struct UnpackOptions {
  layer::SegmentOptions segment;
  layer::DecoderContext* decoder = nullptr;  ///< memory to be used again; may be null
};

/// Unpacks a .deb into a segment, in one pass: what the package ships, below usr/ where /usr is
/// merged, without what is excluded or goes to another package.
///
/// Times, modes and owners are the package's. `out` is finished.
/// Errors: corrupt (not the package that was locked, malformed, a device in it); invalid (an
/// exclude pattern that takes the file from a hard link).
UnpackedSegment unpack_package(Source& deb, const PackageSegment& package,
                               const PackageVariant& variant, const UnpackOptions& options,
                               Sink& out);

}  // namespace stamp::build
