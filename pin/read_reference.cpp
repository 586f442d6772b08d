#include "base/error.h"
#include "pin/find.h"

namespace stamp::pin {

std::optional<oci::Reference> read_reference(std::string_view text) {
  // The parser's message is of no use here, and most texts that get here are references.
  try {
    return oci::Reference::parse(text);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return std::nullopt;
  }
}

}  // namespace stamp::pin
