#include "maintainer-scripts/tree/open_file.h"

#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/machine.h"

namespace stamp::scripts {
namespace {

enum class Position { moves, always_end };

/// A file of the tree. It stays when its name goes.
class TreeFile final : public OpenFile {
 public:
  TreeFile(Machine& machine, std::shared_ptr<Inode> inode, Position position)
      : machine_(machine), inode_(std::move(inode)), position_kind_(position) {}

  std::string read(std::size_t limit) override {
    const std::string& text = machine_.tree.read(*inode_);
    if (position_ >= text.size()) return {};
    std::string bytes = text.substr(position_, limit);
    position_ += bytes.size();
    return bytes;
  }

  void write(std::string_view bytes) override {
    machine_.budget.take_output(bytes.size());
    if (position_kind_ == Position::always_end) position_ = inode_->size;
    machine_.tree.write_at(*inode_, position_, bytes);
    position_ += bytes.size();
  }

 private:
  Machine& machine_;
  // Shared with the tree's names of it, which may go before it is closed.
  std::shared_ptr<Inode> inode_;
  Position position_kind_;
  std::uint64_t position_ = 0;
};

Opened descriptor_of(const Process& process, int number) {
  const auto file = process.files.find(number);
  if (file == process.files.end()) return {std::errc::no_such_file_or_directory, nullptr};
  return {{}, file->second};
}

/// What is there whatever the tree holds; an error that is none of these says: not one of them.
std::optional<Opened> special(const Process& process, std::string_view path) {
  if (path == "dev/null") return Opened{{}, std::make_shared<Nothing>()};
  if (path == "dev/stdin") return descriptor_of(process, 0);
  if (path == "dev/stdout") return descriptor_of(process, 1);
  if (path == "dev/stderr") return descriptor_of(process, 2);
  constexpr std::string_view kDescriptors = "dev/fd/";
  if (path.starts_with(kDescriptors)) {
    const std::string_view digits = path.substr(kDescriptors.size());
    int number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && end == digits.data() + digits.size()) {
      return descriptor_of(process, number);
    }
  }
  return std::nullopt;
}

bool is_of_the_machine(const EntryPath& path) {
  const std::string& text = path.str();
  return text.starts_with("proc/") || text.starts_with("sys/") || text.starts_with("dev/");
}

Opened open_to_write(Process& process, std::string_view path, OpenMode mode) {
  Machine& machine = process.machine;
  Opening opening = Opening::truncate;
  if (mode == OpenMode::append || mode == OpenMode::read_write) opening = Opening::create;
  if (mode == OpenMode::write_new) opening = Opening::exclusive;
  Tree::Opened opened = machine.tree.open(path, opening, 0666U & ~process.umask);
  if (opened.error != std::errc()) return {opened.error, nullptr};
  const Position position = mode == OpenMode::append ? Position::always_end : Position::moves;
  return {{}, std::make_shared<TreeFile>(machine, std::move(opened.inode), position)};
}

}  // namespace

Opened open_file(Process& process, std::string_view path, OpenMode mode) {
  const std::string absolute = process.absolute(path);
  const Found found = process.machine.tree.find(absolute);
  if (std::optional<Opened> opened = special(process, found.path.str())) return *opened;
  if (is_of_the_machine(found.path) && !(found && found.inode->is_file())) {
    throw Unknown(fmt::format("'{}' is the machine's, not the image's", printable(path)));
  }
  if (found && !found.inode->is_file() && !found.inode->is_directory()) {
    throw Unknown(fmt::format("'{}' is a {}", printable(path), layer::describe(found.inode->type)));
  }
  if (mode != OpenMode::read) return open_to_write(process, absolute, mode);
  if (!found) return {found.error, nullptr};
  if (found.inode->is_directory()) return {std::errc::is_a_directory, nullptr};
  return {{}, std::make_shared<TreeFile>(process.machine, found.inode, Position::moves)};
}

FileText read_file(Process& process, std::string_view path) {
  const Opened opened = open_file(process, path, OpenMode::read);
  FileText content{opened.error, {}};
  if (!opened.file) return content;
  constexpr std::size_t kChunk = 1U << 20U;
  for (std::string chunk = opened.file->read(kChunk); !chunk.empty();
       chunk = opened.file->read(kChunk)) {
    process.machine.budget.check_size(content.text.size() + chunk.size());
    content.text += chunk;
  }
  return content;
}

std::string describe(std::errc error) {
  return std::make_error_code(error).message();
}

}  // namespace stamp::scripts
