// Stanzas that were read and written again are the same stanzas.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "debian/deb822.h"

namespace {

using namespace stamp;

std::vector<std::vector<debian::Field>> read(std::string text) {
  StringSource source(std::move(text));
  debian::StanzaReader reader(source, "input");
  std::vector<std::vector<debian::Field>> stanzas;
  while (const std::optional<debian::Stanza> stanza = reader.next()) {
    stanzas.push_back(stanza->fields());
  }
  return stanzas;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::vector<std::vector<debian::Field>> stanzas;
  try {
    stanzas = read(std::string(as_text(std::as_bytes(std::span(bytes, size)))));
  } catch (const Error&) {
    return 0;
  }
  std::string written;
  for (const auto& fields : stanzas) written += debian::Stanza(fields).str() + "\n";
  if (read(written) != stanzas) std::abort();
  return 0;
}
