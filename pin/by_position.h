#pragma once

#include "pin/place.h"

namespace stamp::pin {

/// `found` by position. Of places that share bytes the one that was found first is kept.
Found by_position(Found found);

}  // namespace stamp::pin
