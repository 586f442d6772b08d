#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/fd.h"
#include "base/pool.h"
#include "base/stream.h"

namespace stamp::oci {

/// Appends to a new file past the kernel's page cache, where the file system can: a large blob that
/// nobody reads soon then costs no memory to put it into, and syncing it has nothing left to do.
/// Writes on a thread of its own, so that whoever makes the bytes need not wait.
class DirectFile final {
 public:
  /// `file` is empty, open for writing, and must outlive this; `path` names it in messages.
  DirectFile(const Fd& file, std::string path);
  DirectFile(const DirectFile&) = delete;
  DirectFile& operator=(const DirectFile&) = delete;
  ~DirectFile();

  /// Room for the next bytes, never empty. Errors: io.
  std::span<std::byte> room();
  /// The first `count` bytes of room() were filled.
  void filled(std::size_t count) { used_ += count; }
  /// Writes what is left; nothing can be appended after it. Errors: io.
  void finish();

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  using Buffer = std::unique_ptr<std::byte, Free>;
  static Buffer make_buffer();
  void write_out(Bytes bytes);
  void stop_being_direct();

  const Fd& file_;
  std::string path_;
  Buffer filling_ = make_buffer();
  Buffer writing_ = make_buffer();  ///< of the thread's task, while there is one
  std::size_t used_ = 0;            ///< of filling_
  bool direct_ = false;             ///< of the thread's task, while there is one
  Pool thread_{1};                  // last: it ends first
};

}  // namespace stamp::oci
