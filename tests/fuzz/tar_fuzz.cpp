// Whatever the tar reader accepts, the writer can write, and reading that gives the same.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "layer/tar_reader.h"
#include "layer/tar_writer.h"

namespace {

using namespace stamp;

struct Member {
  layer::Entry entry;
  std::string content;
  friend bool operator==(const Member&, const Member&) = default;
};

std::vector<Member> read(Bytes archive) {
  BytesSourceView source(archive);
  layer::TarReader reader(source, "archive");
  std::vector<Member> members;
  while (std::optional<layer::Entry> entry = reader.next()) {
    std::string content;
    for (Bytes chunk = reader.next_chunk(); !chunk.empty(); chunk = reader.next_chunk()) {
      content += as_text(chunk);
    }
    members.push_back({*entry, content});
  }
  return members;
}

std::string write(const std::vector<Member>& members) {
  StringSink out;
  layer::TarWriter writer(out);
  for (const Member& member : members) {
    writer.begin(member.entry);
    writer.write(as_bytes(member.content));
    writer.end();
  }
  writer.write_end();
  return out.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::vector<Member> members;
  try {
    members = read(std::as_bytes(std::span(bytes, size)));
  } catch (const Error&) {
    return 0;
  }
  const std::string written = write(members);
  if (read(as_bytes(written)) != members) std::abort();
  return 0;
}
