#pragma once

#include "base/stream.h"
#include "builder/plan/plan.h"
#include "layer/segment.h"

namespace stamp::build {

/// Writes planned files, folders, links and whiteouts as a segment.
/// Errors: invalid (something below what is not a folder, and so on); corrupt, when a source file
/// is not what it was when the build began; io.
layer::Segment write_entries(const EntriesSegment& segment, const layer::SegmentOptions& options,
                             Sink& out);

}  // namespace stamp::build
