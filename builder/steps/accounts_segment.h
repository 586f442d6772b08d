#pragma once

#include "base/stream.h"
#include "builder/image/image_files.h"
#include "builder/plan/plan.h"
#include "layer/segment.h"

namespace stamp::build {

/// The text of /etc/passwd or /etc/group with the recipe's accounts added; lines that are there
/// stay. Errors: invalid (a name or an id that is taken; both are named).
std::string add_users(std::string_view passwd, const workspace::Accounts& accounts);
std::string add_groups(std::string_view group, const workspace::Accounts& accounts);

/// Writes /etc/passwd and /etc/group with the accounts of a recipe, lines for them in shadow files
/// that the image has, and home folders that are not there yet. Where the image has no /etc/passwd
/// it starts from the one that package base-passwd brings, else from root and nobody alone. Errors:
/// invalid (as above).
layer::Segment write_accounts(const ImageFiles& image, const AccountsSegment& segment,
                              const layer::SegmentOptions& options, Sink& out);

}  // namespace stamp::build
