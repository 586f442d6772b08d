#include "builder/output/output_file.h"

#include <errno.h>
#include <fcntl.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/temp_file.h"

namespace stamp::build {

void write_output_file(const std::filesystem::path& path,
                       const std::function<void(Sink& sink)>& write) {
  std::error_code code;
  const std::filesystem::file_type type = std::filesystem::status(path, code).type();
  if (type != std::filesystem::file_type::not_found &&
      type != std::filesystem::file_type::regular) {
    Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) throw system_error("write", path.string(), errno);
    FdSink sink(fd, path.string());
    write(sink);
    fd.close(path.string());
    return;
  }
  const std::filesystem::path folder =
      path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  make_folders(folder);
  TempFile file(folder);
  file.apply_umask();
  FdSink sink(file.fd(), path.string());
  write(sink);
  file.commit(path);
}

}  // namespace stamp::build
