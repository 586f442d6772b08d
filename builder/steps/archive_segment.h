#pragma once

#include <filesystem>

#include "base/stream.h"
#include "builder/plan/plan.h"
#include "layer/segment.h"

namespace stamp::build {

/// Writes what an `archive:` takes of a tar or zip file as a segment. Owners and times are the
/// recipe's, permission bits the archive's less set-user-id and the like; a path that an archive
/// has twice, a device, a path that leaves the root: refused. `scratch`: a folder for temporary
/// files. Errors: corrupt; invalid (nothing is taken).
layer::Segment write_archive(Source& archive, const ArchiveSegment& segment,
                             const std::filesystem::path& scratch,
                             const layer::SegmentOptions& options, Sink& out);

}  // namespace stamp::build
