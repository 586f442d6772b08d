// The fields that steer a client: Link, Content-Range, Range of an upload, Retry-After, Location,
// and the text of errors. What is read stays within what the field can mean.

#include <cstddef>
#include <string>

#include "registry-client/content_range.h"
#include "registry-client/link.h"
#include "registry-client/manifest_text.h"
#include "registry-client/retry.h"
#include "registry-client/server_text.h"
#include "registry-client/token_text.h"
#include "registry-client/url.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace stamp::registry;  // NOLINT(google-build-using-namespace): one file, no header
using stamp::fuzz::must;
using stamp::fuzz::refusing_is_fine;

void read_ranges(std::string_view text) {
  if (const auto range = parse_content_range(text)) {
    must(range->first <= range->last);
    must(!range->size || range->last < *range->size);
  }
  if (const auto count = parse_upload_range(text)) must(*count != 1);
  if (const auto wait = parse_retry_after(text, 784111767)) must(wait->count() >= 0);
}

/// Wherever a Location points to, it is a URL that can be written and read again.
void join(std::string_view text) {
  const Url base = Url::parse("https://registry.example/v2/app/blobs/uploads/?x=y");
  refusing_is_fine([&] {
    const Url joined = base.join(text);
    must(joined.host.find_first_of("/@?#\\ ") == std::string::npos);
    must(joined.str().find_first_of("\r\n\t #") == std::string::npos);
    refusing_is_fine([&] { must(Url::parse(joined.str()).same_origin(joined)); });
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = stamp::fuzz::text_of(bytes, size);
  read_ranges(text);
  join(text);
  if (const auto next = parse_next_link(text)) must(next->find('>') == std::string::npos);
  must(describe_answer(400, text).find_first_of("\x1b\n\r") == std::string::npos);
  refusing_is_fine([&] {
    const TokenText token = read_token(text);
    must(!token.text.empty() && token.text.find_first_of(" \r\n") == std::string::npos);
    must(token.life.count() >= 0);
  });
  refusing_is_fine([&] {
    const std::string type = manifest_type(text, "");
    must(!type.empty());
  });
  return 0;
}
