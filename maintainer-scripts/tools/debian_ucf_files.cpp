#include "maintainer-scripts/tools/debian_ucf_files.h"

#include <algorithm>

#include <fmt/core.h>

#include "maintainer-scripts/tools/debian_common.h"

namespace stamp::scripts {

std::string ucf_setting(const Process& process, const Options& options, std::string_view option,
                        std::string_view variable) {
  if (const std::string* value = options.value(option); value != nullptr && !value->empty()) {
    return *value;
  }
  return std::string(process.variable(variable));
}

void check_ucf_configuration(const Tree& tree) {
  for (const std::string& line : lines_of(file_text(tree, "/etc/ucf.conf").value_or(""))) {
    const std::vector<std::string> words = words_of(line);
    if (words.empty() || words.front().starts_with('#')) continue;
    throw Unknown("/etc/ucf.conf has settings, which are not known");
  }
}

void UcfFiles::copy(const std::string& from, const std::string& to) {
  const std::optional<std::string> text = content(from);
  if (!text) return;
  put(to, *text, 0644);
  const Found source = tree_.find(from);
  if (failed_ || !source) return;
  tree_.set_owner(to, source.inode->uid, source.inode->gid);
  tree_.set_mode(to, source.inode->mode);
  tree_.set_time(to, source.inode->mtime);
}

void UcfFiles::copy_content(const std::string& from, const std::string& to) {
  const std::optional<std::string> text = content(from);
  const Found source = tree_.find(from);
  if (text && source) put(to, *text, source.inode->mode & 0777U & ~process_.umask);
}

void UcfFiles::replace(const std::string& path, const std::string& text) {
  if (failed_) return;
  tree_.unlink(path);
  put(path, text, 0666U & ~process_.umask);
}

void UcfFiles::make_folder(const std::string& path) {
  if (!failed_ && !tree_.exists(path)) check(make_folders(tree_, path), "mkdir", path);
}

void UcfFiles::rotate(const std::string& path, Attributes attributes) {
  for (int i = 6; i >= -1; --i) {
    const std::string from = i < 0 ? path : fmt::format("{}.{}", path, i);
    if (!tree_.exists(from)) continue;
    const std::string to = fmt::format("{}.{}", path, i + 1);
    if (attributes == Attributes::keep) {
      copy(from, to);
    } else {
      copy_content(from, to);
    }
  }
}

std::optional<std::string> UcfFiles::content(const std::string& path) {
  if (failed_) return std::nullopt;
  std::optional<std::string> text = file_text(tree_, path);
  if (!text) {
    process_.err(fmt::format("cp: cannot stat '{}': No such file or directory\n", path));
    failed_ = true;
  }
  return text;
}

void UcfFiles::put(const std::string& path, const std::string& text, std::uint32_t mode) {
  if (!failed_) check(tree_.write(path, text, mode), "cp", path);
}

void UcfFiles::check(std::errc error, std::string_view program, const std::string& path) {
  if (error == std::errc{}) return;
  process_.err(fmt::format("{}: cannot create '{}': {}\n", program, path, error_text(error)));
  failed_ = true;
}

UcfRegistry read_ucf_registry(const Tree& tree, const std::string& file, const std::string& path) {
  UcfRegistry registry;
  for (const std::string& line : lines_of(file_text(tree, file).value_or(""))) {
    const std::size_t start = line.size() - std::min(line.size(), path.size());
    const bool is_own = start > 0 && line.compare(start, path.size(), path) == 0 &&
                        (line[start - 1] == ' ' || line[start - 1] == '\t');
    if (!is_own) {
      registry.others += line + "\n";
      continue;
    }
    const std::vector<std::string> words = words_of(line);
    if (registry.count++ == 0) registry.owner = words.empty() ? std::string() : words.front();
  }
  return registry;
}

}  // namespace stamp::scripts
