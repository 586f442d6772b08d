#include "maintainer-scripts/process.h"

#include <fmt/core.h>

#include "maintainer-scripts/machine.h"

namespace stamp::scripts {
namespace {

constexpr std::size_t kChunk = 64 * 1024;

void write_to(Descriptors& files, int descriptor, std::string_view text) {
  const auto file = files.find(descriptor);
  if (file != files.end()) file->second->write(text);
}

Error past_limit(std::string_view what) {
  return Error(ErrorKind::invalid, fmt::format("{} is past the limit of an evaluation", what));
}

}  // namespace

std::string Buffer::read(std::size_t limit) {
  std::string bytes = text_.substr(position_, limit);
  position_ += bytes.size();
  return bytes;
}

void Buffer::write(std::string_view bytes) {
  text_.append(bytes);
}

std::string Process::absolute(std::string_view path) const {
  // The empty path names nothing, wherever one stands.
  if (path.empty() || path.starts_with('/')) return std::string(path);
  return fmt::format("{}{}{}", directory, directory.ends_with('/') ? "" : "/", path);
}

std::string Process::read_input() {
  std::string all;
  const auto input = files.find(0);
  if (input == files.end()) return all;
  for (std::string chunk = input->second->read(kChunk); !chunk.empty();
       chunk = input->second->read(kChunk)) {
    all += chunk;
  }
  return all;
}

void Process::out(std::string_view text) {
  machine.budget.take_output(text.size());
  write_to(files, 1, text);
}

void Process::err(std::string_view text) {
  machine.budget.take_output(text.size());
  write_to(files, 2, text);
}

std::string_view Process::name() const {
  const std::string_view called = args.front();
  const std::size_t slash = called.rfind('/');
  return slash == std::string_view::npos ? called : called.substr(slash + 1);
}

std::string_view Process::variable(std::string_view name) const {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : std::string_view(found->second);
}

void Budget::take_steps(std::uint64_t count) {
  steps_ += count;
  if (steps_ > limits_.steps) throw past_limit(fmt::format("step {}", steps_));
}

void Budget::take_output(std::uint64_t bytes) {
  output_ += bytes;
  if (output_ > limits_.output) throw past_limit(fmt::format("output of {} bytes", output_));
}

void Budget::check_size(std::uint64_t bytes) const {
  if (bytes > limits_.memory) throw past_limit(fmt::format("a text of {} bytes", bytes));
}

Budget::Level::Level(Budget& budget) : budget_(budget) {
  if (budget_.depth_ == budget_.limits_.depth) {
    throw past_limit(fmt::format("nesting of {} levels", budget_.depth_ + 1));
  }
  ++budget_.depth_;
}

}  // namespace stamp::scripts
