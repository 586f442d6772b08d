#pragma once

#include <string>
#include <string_view>

namespace stamp::scripts::accounts {

/// A field of /etc/shadow that counts days: "" for "" and "-1", a number as it is, a date
/// ("2026-11-20") as days since 1970. Errors: Unknown.
std::string days_field(std::string_view text);

}  // namespace stamp::scripts::accounts
