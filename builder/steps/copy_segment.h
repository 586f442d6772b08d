#pragma once

#include "base/stream.h"
#include "builder/image/image_files.h"
#include "builder/plan/plan.h"
#include "layer/segment.h"

namespace stamp::build {

/// Writes paths of another image as a segment: files, links as they are, folders with all below.
/// Modes and owners are kept; the time is the recipe's. Errors: invalid (no such path in the
/// image).
layer::Segment write_copy(const ImageFiles& image, const CopySegment& segment,
                          const layer::SegmentOptions& options, Sink& out);

}  // namespace stamp::build
