#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pin/image_lock.h"
#include "pin/pins_lock.h"
#include "pin/plan.h"

namespace stamp::cli {

/// Takes digests from a lock of kbld or imgpkg: they go before those of `pins`. What the lock moves
/// to another repository is none of an image that manifests name, and is passed over. Errors: io;
/// invalid.
void take_image_lock(const std::filesystem::path& file, pin::PinsLock& pins);

/// Where another tool's lock goes: "kbld:FILE" or "imgpkg:FILE".
struct ImageLockOutput {
  pin::ImageLockKind kind = pin::ImageLockKind::kbld;
  std::filesystem::path file;

  /// Errors: usage.
  static ImageLockOutput parse(const std::string& text);
};

/// What all places say, with the digests that they are to have, or have already.
std::vector<pin::LockedImage> image_lock_of(const pin::Findings& findings,
                                            const pin::PinRequest& request,
                                            const pin::PinPlan& plan);

}  // namespace stamp::cli
