// A package is read to its end or refused; what was read has a control file, and its data ends.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "debian/deb_file.h"
#include "debian/dpkg_database.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace stamp;
  BytesSourceView source(std::as_bytes(std::span(bytes, size)));
  try {
    debian::DebFile deb(source, "input");
    NullSink nowhere;
    copy(deb.data(), nowhere);
    std::byte extra{};
    if (source.read(std::span(&extra, 1)) != 0) std::abort();
    if (deb.control().control.fields().empty()) std::abort();
    static_cast<void>(debian::info_files({.control = deb.control()}));
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
