#include "builder/inputs/fetch.h"

#include <optional>
#include <utility>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/temp_file.h"

namespace stamp::build {
namespace {

constexpr std::string_view kFileScheme = "file://";

/// A file of this machine that has the size wanted, if that is what the URL names.
std::optional<Fd> open_local(const std::string& url, std::uint64_t size) {
  if (!url.starts_with(kFileScheme)) return std::nullopt;
  Fd fd(::open(url.c_str() + kFileScheme.size(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status = {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::uint64_t>(status.st_size) != size) {
    return std::nullopt;  // the downloader says why, if no other place has it
  }
  return fd;
}

/// Bytes that are verified while they are read, together with what they are read from.
class VerifiedFile final : public Source {
 public:
  VerifiedFile(Fd fd, const registry::DownloadRequest& request)
      : file_(std::move(fd), request.what),
        verified_(file_, *request.digest, *request.size, request.what) {}
  std::size_t read(std::span<std::byte> out) override { return verified_.read(out); }

 private:
  FileSource file_;
  VerifySource verified_;
};

}  // namespace

Fetcher::Fetcher(const registry::Downloader& downloader, const Places& places,
                 std::filesystem::path scratch)
    : downloader_(downloader), places_(places), scratch_(std::move(scratch)) {}

std::unique_ptr<Source> Fetcher::open(const registry::DownloadRequest& request,
                                      Checked checked) const {
  if (checked == Checked::while_read && !request.places.empty()) {
    std::optional<Fd> local = open_local(request.places.front(), *request.size);
    if (local) return std::make_unique<VerifiedFile>(std::move(*local), request);
  }
  Fd fd = nameless_file(scratch_);
  std::optional<FdSink> sink;
  downloader_.download(request, [&]() -> Sink& {
    if (::ftruncate(fd.get(), 0) != 0 || ::lseek(fd.get(), 0, SEEK_SET) < 0) {
      throw system_error("rewind", request.what, errno);
    }
    return sink.emplace(fd, request.what);
  });
  if (::lseek(fd.get(), 0, SEEK_SET) < 0) throw system_error("rewind", request.what, errno);
  return std::make_unique<VerifiedFile>(std::move(fd), request);
}

std::unique_ptr<Source> Fetcher::open(const PackageSegment& package, Checked checked) const {
  const workspace::LockedPackage& locked = package.package;
  registry::DownloadRequest request;
  request.what =
      fmt::format("package {} {} ({})", locked.name, locked.version, locked.architecture);
  request.places = places_.urls(package.release.archive, package.release.snapshot, locked.path);
  request.size = locked.size;
  request.digest = locked.digest;
  request.hint = fmt::format(
      "run 'stamp lock --update={}' to lock a version that the mirrors have, or name a mirror that "
      "keeps old versions in the settings ('mirrors:')",
      locked.name);
  return open(request, checked);
}

std::unique_ptr<Source> Fetcher::open(const ArchiveSegment& archive, Checked checked) const {
  registry::DownloadRequest request;
  request.what = fmt::format("archive {}", archive.archive.url);
  request.places = {archive.archive.url};
  request.size = archive.archive.size;
  request.digest = archive.archive.digest;
  request.hint = "run 'stamp lock --update' if the archive was meant to change";
  return open(request, checked);
}

}  // namespace stamp::build
