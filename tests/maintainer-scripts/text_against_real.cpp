// Runs command lines by the machine's own programs and by stamp's tools, and compares what they
// print and return. Arguments: a folder of input files, then files of command lines, one a line;
// `#` begins a comment line. A line is what a shell takes, of which this knows quotes, `|`, `;`,
// `<` and a printf of one word.

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "base/child.h"
#include "base/temp_file.h"
#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status = 0;
  std::string out;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Text that stands between quotes or blanks, or an operator.
struct Token {
  std::string text;
  bool is_operator = false;
};

/// Words of a line.
class Splitter {
 public:
  explicit Splitter(const std::string& line) : line_(line) {}

  std::vector<Token> split() {
    for (; at_ < line_.size(); ++at_) {
      const char c = line_[at_];
      if (c == ' ') {
        end_word();
      } else if (c == '|' || c == ';' || c == '<') {
        end_word();
        tokens_.push_back({std::string(1, c), true});
      } else if (c == '\'' || c == '"') {
        quoted(c);
      } else {
        begin_word();
        word_ += c == '\\' ? line_.at(++at_) : c;
      }
    }
    end_word();
    return tokens_;
  }

 private:
  void begin_word() { in_word_ = true; }

  void end_word() {
    if (in_word_) tokens_.push_back({word_});
    word_.clear();
    in_word_ = false;
  }

  void quoted(char quote) {
    begin_word();
    for (++at_; line_.at(at_) != quote; ++at_) {
      const char next = quote == '"' && line_[at_] == '\\' ? line_.at(at_ + 1) : '\0';
      if (next == '"' || next == '\\' || next == '$' || next == '`') ++at_;
      word_ += line_[at_];
    }
  }

  const std::string& line_;
  std::size_t at_ = 0;
  bool in_word_ = false;
  std::string word_;
  std::vector<Token> tokens_;
};

/// printf's escapes; no conversions but %%.
std::string print(const std::string& format) {
  static const std::string kNames = "nt\\rfvab";
  static const std::string kBytes = "\n\t\\\r\f\v\a\b";
  std::string text;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '%') ++i;
    if (format[i] != '\\') {
      text += format[i];
      continue;
    }
    const char c = format.at(++i);
    const std::size_t named = kNames.find(c);
    if (named != std::string::npos) {
      text += kBytes[named];
      continue;
    }
    int value = 0;
    std::size_t digits = 0;
    for (; digits < 3 && i + digits < format.size(); ++digits) {
      const char digit = format[i + digits];
      if (digit < '0' || digit > '7') break;
      value = value * 8 + (digit - '0');
    }
    i += digits - 1;
    text += static_cast<char>(value);
  }
  return text;
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

Outcome run_real(const fs::path& inputs, const std::string& line) {
  const TempDir folder;
  for (const fs::path& file : files_of(inputs)) fs::copy(file, folder.path() / file.filename());
  Child child(
      {"/bin/dash",
       {"-c", "cd \"$1\" && exec 2>/dev/null && eval \"$2\"", "sh", folder.path().string(), line},
       {"LC_ALL=C", "PATH=/usr/bin:/bin", "COLOUR=blue sky", "TZ=UTC0"}});
  Outcome outcome;
  outcome.out = child.communicate("", 1U << 24U);
  outcome.status = child.wait();
  return outcome;
}

/// Runs pipelines one after the other.
class OurShell {
 public:
  explicit OurShell(const fs::path& inputs) : machine_({text_tools()}) {
    machine_.directory = "/t";
    machine_.environment = {
        {"LC_ALL", "C"}, {"PATH", "/usr/bin:/bin"}, {"COLOUR", "blue sky"}, {"TZ", "UTC0"}};
    for (const fs::path& file : files_of(inputs)) {
      machine_.file("/t/" + file.filename().string(), read_text(file));
    }
  }

  Outcome run(const std::string& line) {
    std::vector<Token> tokens = Splitter(line).split();
    tokens.push_back({";", true});
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (!tokens[i].is_operator) {
        words_.push_back(tokens[i].text);
      } else if (tokens[i].text == "<") {
        input_ = machine_.text("/t/" + tokens.at(++i).text);
      } else {
        command();
        if (tokens[i].text == "|") continue;
        outcome_.out += input_;
        input_.clear();
      }
    }
    return outcome_;
  }

  std::string error() const { return error_; }

 private:
  void command() {
    if (words_.empty()) return;
    if (words_.front() == "printf") {
      input_ = print(words_.at(1));
      outcome_.status = 0;
    } else {
      const ToolResult result = machine_.run_tool(words_, input_);
      input_ = result.out;
      outcome_.status = result.status;
      error_ += result.err;
    }
    words_.clear();
  }

  TestMachine machine_;
  std::vector<std::string> words_;
  std::string input_;
  Outcome outcome_;
  std::string error_;
};

Outcome run_ours(const fs::path& inputs, const std::string& line, std::string& error) {
  OurShell shell(inputs);
  try {
    Outcome outcome = shell.run(line);
    error = shell.error();
    return outcome;
  } catch (const std::exception& thrown) {
    error = thrown.what();
    return {-1, shell.error()};
  }
}

void show(const std::string& name, const Outcome& outcome) {
  std::cout << "  " << name << ": status " << outcome.status << ", \"";
  for (const char c : outcome.out.substr(0, 600)) {
    if (c == '\n') {
      std::cout << "\\n";
    } else {
      std::cout << c;
    }
  }
  std::cout << "\"\n";
}

/// Whether both did the same.
bool compare(const fs::path& inputs, const std::string& line) {
  std::string error;
  const Outcome ours = run_ours(inputs, line, error);
  const Outcome real = run_real(inputs, line);
  if (ours == real) return true;
  std::cout << line << '\n';
  show("real", real);
  show("ours", ours);
  if (!error.empty()) std::cout << "  ours says: " << error << '\n';
  return false;
}

int run(const std::vector<std::string>& words) {
  int lines = 0;
  int wrong = 0;
  for (std::size_t i = 2; i < words.size(); ++i) {
    std::ifstream file(words[i]);
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line.starts_with('#')) continue;
      ++lines;
      if (!compare(words[1], line)) ++wrong;
    }
  }
  std::cout << lines << " command lines, " << wrong << " differ\n";
  return wrong == 0 && lines > 0 ? 0 : 1;
}

}  // namespace
}  // namespace stamp::scripts

int main(int argc, char** argv) {
  return stamp::scripts::run(std::vector<std::string>(argv, argv + argc));
}
