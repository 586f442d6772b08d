#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stamp::debian {

/// A clearsigned message taken apart. Nothing of it is verified yet.
struct Clearsigned {
  std::string text;       ///< the signed text, dash escapes undone, each line ended by a line feed
  std::string signature;  ///< the armoured signature block
  std::vector<std::string> hashes;  ///< of its "Hash:" headers
};

/// Takes apart an InRelease file by apt's strict rules: the message starts at the first line,
/// nothing stands outside the blocks, no line of the text begins with a dash but as dash escape,
/// only "Hash:" headers with SHA256 or SHA512, one message, all blocks closed, no carriage return,
/// NUL or form feed, at most 10 MiB. Errors: invalid, with the line.
Clearsigned parse_clearsigned(std::string_view message);

}  // namespace stamp::debian
