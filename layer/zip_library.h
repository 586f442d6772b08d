#pragma once
// libarchive, loaded when a zip archive is read: it brings along libraries for XML, Unicode and
// cryptography. Private to the reader of zip archives.

#include <archive.h>
#include <archive_entry.h>

namespace stamp::layer {

/// The functions of libarchive that are called.
struct ZipLibrary {
  decltype(&::archive_read_new) read_new = nullptr;
  decltype(&::archive_read_free) read_free = nullptr;
  decltype(&::archive_read_support_format_zip_seekable) read_support_format_zip_seekable = nullptr;
  decltype(&::archive_read_open_fd) read_open_fd = nullptr;
  decltype(&::archive_read_next_header) read_next_header = nullptr;
  decltype(&::archive_read_data) read_data = nullptr;
  decltype(&::archive_error_string) error_string = nullptr;
  decltype(&::archive_entry_pathname_utf8) entry_pathname_utf8 = nullptr;
  decltype(&::archive_entry_pathname) entry_pathname = nullptr;
  decltype(&::archive_entry_is_encrypted) entry_is_encrypted = nullptr;
  decltype(&::archive_entry_perm) entry_perm = nullptr;
  decltype(&::archive_entry_filetype) entry_filetype = nullptr;
  decltype(&::archive_entry_size_is_set) entry_size_is_set = nullptr;
  decltype(&::archive_entry_size) entry_size = nullptr;
  decltype(&::archive_entry_symlink_utf8) entry_symlink_utf8 = nullptr;
  decltype(&::archive_entry_symlink) entry_symlink = nullptr;
};

/// Loads libarchive. It stays loaded. Errors: unavailable.
ZipLibrary load_zip();

}  // namespace stamp::layer
