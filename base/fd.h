#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/stream.h"

namespace stamp {

/// Owns a file descriptor (opened with O_CLOEXEC).
class Fd final {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  /// Closes; an error of close() is ignored, so call close() yourself after writing.
  ~Fd();

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  int release();
  /// Closes. Errors: io, naming `path`.
  void close(std::string_view path);

 private:
  int number_ = -1;
};

/// Opens a file for reading, following links. Errors: io ("cannot open '…': …").
Fd open_for_reading(const std::filesystem::path& path);

/// Like open_for_reading(), but a regular file only and its last component no link.
Fd open_regular_nofollow(const std::filesystem::path& path);

/// Gives the bytes of an open file from its position on.
class FileSource final : public Source {
 public:
  /// `path` is for messages.
  FileSource(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  /// Opens `path`. Errors: io.
  explicit FileSource(const std::filesystem::path& path)
      : FileSource(open_for_reading(path), path.string()) {}
  std::size_t read(std::span<std::byte> out) override;
  /// Size of the file in bytes. Errors: io.
  std::uint64_t size() const;
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
  std::string path_;
};

/// Gives a part of an open file that the caller owns; others may read the file at the same time.
class FilePartSource final : public Source {
 public:
  /// `path` is for messages; `fd` must stay open. Errors of read(): io; corrupt (the file ends
  /// before the part does).
  FilePartSource(int fd, std::uint64_t offset, std::uint64_t size, std::string path)
      : fd_(fd), offset_(offset), left_(size), path_(std::move(path)) {}
  std::size_t read(std::span<std::byte> out) override;

 private:
  int fd_;
  std::uint64_t offset_;
  std::uint64_t left_;
  std::string path_;
};

/// Writes to an open file that the caller owns.
class FdSink final : public Sink {
 public:
  /// `path` is for messages; `fd` must outlive this.
  FdSink(const Fd& fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  void write(Bytes in) override;

 private:
  const Fd& fd_;
  std::string path_;
};

/// Writes all of `bytes`, however often write() is interrupted. Errors: io, naming `path`.
void write_all(int fd, Bytes bytes, std::string_view path);

/// The whole text of a file. Errors: io; invalid when it has more than `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit = 64U << 20U);

/// Makes `path` hold `text`, or leaves it as it was: a new file beside it, synced and renamed over
/// it. Keeps the mode of a file that was there, else 0666 less the umask. Errors: io.
void replace_file(const std::filesystem::path& path, std::string_view text);

/// fsync() of a folder. Errors: io.
void sync_folder(const std::filesystem::path& folder);

/// Makes a folder and its parents. Errors: io.
void make_folders(const std::filesystem::path& folder);

}  // namespace stamp
