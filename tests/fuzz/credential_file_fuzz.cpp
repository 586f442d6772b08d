// What is written into a file of credentials is found there, and everything else stays as it was.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>

#include "base/error.h"
#include "base/stream.h"
#include "registry-client/credential_file.h"

namespace {

using stamp::registry::CredentialFile;
using stamp::registry::Credentials;

constexpr const char* kPlace = "registry.example";
constexpr const char* kOther = "other.example";

/// What a file has for a place: a text that says so also when it cannot be read.
std::string found(const CredentialFile& file, const char* place) {
  try {
    const std::optional<Credentials> credentials = file.written_down(place);
    return credentials ? credentials->username + ":" + credentials->password : "none";
  } catch (const stamp::Error& error) {
    return error.headline();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto parse = [](std::string_view text) { return CredentialFile::parse("file", text); };
  std::optional<CredentialFile> file;
  try {
    file = parse(stamp::as_text(std::as_bytes(std::span(bytes, size))));
  } catch (const stamp::Error&) {
    return 0;
  }
  const std::string other = found(*file, kOther);
  try {
    static_cast<void>(file->helper_of(kPlace));
    static_cast<void>(file->helper_of_all());
    file->write_down(kPlace, kPlace, {.username = "me", .password = "a:b"});
  } catch (const stamp::Error&) {
    return 0;
  }
  CredentialFile written = parse(file->text());
  if (found(written, kPlace) != "me:a:b" || found(written, kOther) != other) std::abort();
  if (!written.remove(kPlace)) std::abort();
  const CredentialFile removed = parse(written.text());
  if (found(removed, kPlace) != "none" || found(removed, kOther) != other) std::abort();
  return 0;
}
