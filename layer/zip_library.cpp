#include "layer/zip_library.h"

#include "base/shared_library.h"

namespace stamp::layer {

ZipLibrary load_zip() {
  const SharedLibrary library("libarchive.so.13", "libarchive13");
  ZipLibrary zip;
  library.resolve("archive_read_new", zip.read_new);
  library.resolve("archive_read_free", zip.read_free);
  library.resolve("archive_read_support_format_zip_seekable", zip.read_support_format_zip_seekable);
  library.resolve("archive_read_open_fd", zip.read_open_fd);
  library.resolve("archive_read_next_header", zip.read_next_header);
  library.resolve("archive_read_data", zip.read_data);
  library.resolve("archive_error_string", zip.error_string);
  library.resolve("archive_entry_pathname_utf8", zip.entry_pathname_utf8);
  library.resolve("archive_entry_pathname", zip.entry_pathname);
  library.resolve("archive_entry_is_encrypted", zip.entry_is_encrypted);
  library.resolve("archive_entry_perm", zip.entry_perm);
  library.resolve("archive_entry_filetype", zip.entry_filetype);
  library.resolve("archive_entry_size_is_set", zip.entry_size_is_set);
  library.resolve("archive_entry_size", zip.entry_size);
  library.resolve("archive_entry_symlink_utf8", zip.entry_symlink_utf8);
  library.resolve("archive_entry_symlink", zip.entry_symlink);
  return zip;
}

}  // namespace stamp::layer
