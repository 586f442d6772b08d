// The texts of a package archive: clearsigned messages, Release files, Packages files, stanzas.

#include "base/stream.h"
#include "debian/clearsigned.h"
#include "debian/deb822.h"
#include "debian/packages_index.h"
#include "debian/release.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace stamp;
  const std::string_view text = fuzz::text_of(bytes, size);
  fuzz::refusing_is_fine([&] {
    // Nothing that the signature does not cover may come out.
    const debian::Clearsigned message = debian::parse_clearsigned(text);
    fuzz::must(message.text.size() <= text.size());
  });
  fuzz::refusing_is_fine([&] { debian::parse_release(text); });
  fuzz::refusing_is_fine([&] {
    BytesSourceView source(as_bytes(text));
    debian::PackagesReader reader(source, "Packages");
    while (reader.next()) continue;
  });
  fuzz::refusing_is_fine([&] {
    const std::string written = debian::parse_stanza(text, "control").str();
    fuzz::must(debian::parse_stanza(written, "control").str() == written);
  });
  return 0;
}
