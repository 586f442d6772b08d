// What the splitter accepts is a message, and nothing but that: put together from the parts it
// gives, the same parts come out.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/stream.h"
#include "debian/clearsigned.h"
#include "debian/release.h"

namespace {

using namespace stamp;

std::string compose(const debian::Clearsigned& message) {
  std::string text = "-----BEGIN PGP SIGNED MESSAGE-----\n";
  for (const std::string& hash : message.hashes) text += "Hash: " + hash + "\n";
  text += "\n";
  bool begins = true;
  for (const char c : message.text) {
    if (begins && c == '-') text += "- ";
    text += c;
    begins = c == '\n';
  }
  return text + message.signature;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  debian::Clearsigned message;
  try {
    message = debian::parse_clearsigned(as_text(std::as_bytes(std::span(bytes, size))));
  } catch (const Error&) {
    return 0;
  }
  const debian::Clearsigned again = debian::parse_clearsigned(compose(message));
  if (again.text != message.text || again.signature != message.signature ||
      again.hashes != message.hashes) {
    std::abort();
  }
  try {
    static_cast<void>(debian::parse_release(message.text));
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
