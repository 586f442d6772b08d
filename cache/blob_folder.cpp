#include "cache/blob_folder.h"

#include <algorithm>
#include <system_error>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::cache {
namespace {

constexpr const char* kHint = "name another folder with --cache or STAMP_CACHE_DIR";

std::optional<struct stat> status_of(const std::filesystem::path& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) == 0) return status;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw system_error("examine", path.string(), errno);
}

Error unusable(const std::filesystem::path& path, std::string_view cause) {
  return {ErrorKind::denied,
          fmt::format("cannot use the cache '{}': {}", path.string(), cause),
          {.hint = kHint}};
}

void make_folder(const std::filesystem::path& path) {
  // Not 0777 less the umask: a cache that everybody may write to is refused.
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
    throw system_error("make the folder", path.string(), errno);
  }
}

bool is_hex(const std::string& text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// The names in a folder, sorted.
std::vector<std::filesystem::path> names_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> names;
  std::error_code code;
  for (std::filesystem::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code)) {
    names.push_back(entry->path());
  }
  if (code && code.value() != ENOENT) throw system_error("list", folder.string(), code.value());
  std::ranges::sort(names);
  return names;
}

}  // namespace

std::optional<FileIdentity> identity_of(const std::filesystem::path& path) {
  const std::optional<struct stat> status = status_of(path);
  if (!status) return std::nullopt;
  return FileIdentity{.device = status->st_dev, .inode = status->st_ino};
}

void BlobFolder::check() const {
  const std::optional<struct stat> status = status_of(folder_);
  if (!status) return;
  if (S_ISLNK(status->st_mode)) throw unusable(folder_, "it is a link");
  if (!S_ISDIR(status->st_mode)) {
    throw Error(ErrorKind::io,
                fmt::format("cannot use the cache '{}': it is not a folder", folder_.string()),
                {.hint = kHint});
  }
  if (status->st_uid != ::geteuid() && status->st_uid != 0) {
    throw unusable(folder_, fmt::format("it belongs to user {}", status->st_uid));
  }
  if ((status->st_mode & S_IWOTH) != 0) throw unusable(folder_, "everybody may write to it");
  for (const std::filesystem::path& inner :
       {folder_ / "blobs", blobs(), temporary(), leases(), index()}) {
    const std::optional<struct stat> inner_status = status_of(inner);
    if (inner_status && S_ISLNK(inner_status->st_mode)) {
      throw unusable(folder_, fmt::format("'{}' is a link", inner.filename().string()));
    }
  }
}

bool BlobFolder::is_writable() const {
  std::filesystem::path nearest = folder_;
  while (!status_of(nearest)) {
    nearest = nearest.has_parent_path() ? nearest.parent_path() : ".";
  }
  if (::faccessat(AT_FDCWD, nearest.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return true;
  if (errno == EACCES || errno == EROFS) return false;
  throw system_error("examine", nearest.string(), errno);
}

void BlobFolder::make() const {
  if (status_of(blobs()) && status_of(temporary()) && status_of(leases())) return;
  make_folders(folder_.parent_path().empty() ? "." : folder_.parent_path());
  for (const std::filesystem::path& folder :
       {folder_, temporary(), leases(), folder_ / "blobs", blobs()}) {
    make_folder(folder);
  }
  sync_folder(folder_ / "blobs");
  sync_folder(folder_);
}

std::filesystem::path BlobFolder::shard(const Digest& digest) const {
  return blobs() / digest.hex().substr(0, 2);
}

std::filesystem::path BlobFolder::blob(const Digest& digest) const {
  // One path of one text: joining paths costs several times as much, and there are many blobs.
  const std::string hex = digest.hex();
  return blobs_text_ + hex.substr(0, 2) + "/" + hex;
}

bool BlobFolder::has(const Blob& blob) const {
  const std::optional<struct stat> status = status_of(this->blob(blob.digest));
  return status && S_ISREG(status->st_mode) &&
         static_cast<std::uint64_t>(status->st_size) == blob.size;
}

std::vector<std::filesystem::path> BlobFolder::list() const {
  std::vector<std::filesystem::path> files;
  for (const std::filesystem::path& shard : names_in(blobs())) {
    const std::optional<struct stat> status = status_of(shard);
    if (!status || !S_ISDIR(status->st_mode)) {
      files.push_back(shard);
      continue;
    }
    for (std::filesystem::path& file : names_in(shard)) files.push_back(std::move(file));
  }
  return files;
}

std::optional<Digest> BlobFolder::digest_of(const std::filesystem::path& path) const {
  const std::string name = path.filename().string();
  if (name.size() != 64 || !is_hex(name)) return std::nullopt;
  const Digest digest = Digest::parse_hex(name);
  if (path != blob(digest)) return std::nullopt;
  return digest;
}

}  // namespace stamp::cache
