#include "maintainer-scripts/tools/text_awk_streams.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace stamp::scripts::awk_program {

std::optional<std::string> Records::next(std::string_view separator, const Regex* pattern) {
  if (separator.empty()) return next_paragraph();
  if (at_ >= text_.size()) return std::nullopt;
  std::size_t end = text_.size();
  std::size_t after = text_.size();
  if (pattern == nullptr) {
    const std::size_t found = text_.find(separator, at_);
    if (found != std::string::npos) {
      end = found;
      after = found + 1;
    }
  } else {
    auto found = pattern->find(text_, at_);
    if (found && found->size() > 0) {
      end = found->begin;
      after = found->end;
    }
  }
  std::string record = text_.substr(at_, end - at_);
  at_ = after;
  return record;
}

/// RS = "": records end at empty lines.
std::optional<std::string> Records::next_paragraph() {
  at_ = std::min(text_.find_first_not_of('\n', at_), text_.size());
  if (at_ == text_.size()) return std::nullopt;
  const std::size_t end = std::min(text_.find("\n\n", at_), text_.size());
  std::string record = text_.substr(at_, end - at_);
  at_ = end;
  if (record.ends_with('\n')) record.pop_back();
  return record;
}

void Streams::write(char operation, const std::string& name, std::string_view text) {
  if (operation != '|' && (name == "/dev/stdout" || name == "-")) {
    output_.add(text);
    return;
  }
  if (operation != '|' && name == "/dev/stderr") {
    process_.err(text);
    return;
  }
  Written& file = written_.try_emplace(name, Written{.operation = operation}).first->second;
  file.text += text;
  process_.machine.budget.check_size(file.text.size());
}

Records* Streams::source(char operation, const std::string& name) {
  const auto found = sources_.find(name);
  if (found != sources_.end()) return found->second.get();
  flush();
  std::string text;
  if (operation == '|') {
    auto output = std::make_shared<Buffer>();
    const auto input = process_.files.find(0);
    run(name, input == process_.files.end() ? nullptr : input->second, output);
    text = output->take();
  } else {
    InputText file = read_operand(process_, name);
    if (!file) return nullptr;
    text = std::move(file.text);
  }
  return sources_.try_emplace(name, std::make_unique<Records>(std::move(text))).first->second.get();
}

int Streams::close(const std::string& name) {
  int status = -1;
  if (sources_.erase(name) > 0) status = 0;
  const auto found = written_.find(name);
  if (found == written_.end()) return status;
  Written file = std::move(found->second);
  written_.erase(found);
  if (file.operation != '|') {
    flush_file(name, file);
    return 0;
  }
  flush();
  const auto output = process_.files.find(1);
  return run(name, std::make_shared<Buffer>(std::move(file.text)),
             output == process_.files.end() ? nullptr : output->second);
}

int Streams::system(const std::string& command) {
  flush();
  const auto input = process_.files.find(0);
  const auto output = process_.files.find(1);
  return run(command, input == process_.files.end() ? nullptr : input->second,
             output == process_.files.end() ? nullptr : output->second);
}

void Streams::flush_file(const std::string& name, Written& file) {
  if (file.started && file.text.empty()) return;
  const WriteMode mode =
      file.started || file.operation == 'a' ? WriteMode::append : WriteMode::replace;
  file.started = true;
  const std::errc error = write_file(process_, name, std::exchange(file.text, {}), mode);
  if (error != std::errc()) {
    throw Unknown(fmt::format("awk cannot write '{}': {}", name, describe(error)));
  }
}

void Streams::flush() {
  output_.flush();
  for (auto& [name, file] : written_) {
    if (file.operation != '|') flush_file(name, file);
  }
}

void Streams::close_all() {
  flush();
  while (!written_.empty()) close(std::string(written_.begin()->first));
}

int Streams::run(const std::string& command, std::shared_ptr<OpenFile> input,
                 std::shared_ptr<OpenFile> output) {
  const Budget::Level level(process_.machine.budget);
  Process child{process_.machine, {"sh", "-c", command}};
  child.environment = process_.environment;
  child.directory = process_.directory;
  child.umask = process_.umask;
  child.files = process_.files;
  child.files.erase(0);
  child.files.erase(1);
  if (input) child.files[0] = std::move(input);
  if (output) child.files[1] = std::move(output);
  return process_.machine.runner.run(child);
}

}  // namespace stamp::scripts::awk_program
