#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/dpkg/debconf_templates.h"

namespace stamp::scripts {

/// debconf's database and protocol, where nobody can be asked: the recipe's answer, else the
/// package's default. Answers as debconf 1.5.82 with its frontend "noninteractive" does. Spec:
/// debconf-devel(7), the debconf specification 2.1.
class Debconf {
 public:
  /// Answers of the recipe, by question ("tzdata/Zones/Etc").
  explicit Debconf(std::map<std::string, std::string, std::less<>> answers = {});

  /// Loads a package's `templates`. Errors: invalid.
  void load_templates(std::string_view package, std::string_view templates);
  /// A program starts to speak the protocol, on behalf of a package.
  void start(std::string_view package);
  /// It has ended: what it asked is seen from now on, as DEBCONF_NONINTERACTIVE_SEEN=true says.
  void finish();
  /// The content of a file of the image that the protocol names; none when there is none.
  using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;
  /// What a line of the protocol is answered with: "0 true", "10 x/y doesn't exist". `line` has no
  /// newline. STOP is not answered: "".
  /// Errors: Unknown: what a real debconf would die of.
  std::string command(std::string_view line, const ReadFile& read = {});
  /// Messages of type error that were shown since the last call, each with its newlines.
  std::string take_shown();
  /// Answers of the recipe for which no question was loaded.
  std::vector<std::string> unused_answers() const;

 private:
  using Words = std::vector<std::string>;
  struct Question {
    std::string name;
    std::string of_template;
    std::string value;
    bool has_value = false;
    std::map<std::string, std::string, std::less<>> flags;
    std::map<std::string, std::string, std::less<>> substitutions;
    std::set<std::string> owners;
  };
  using Handler = std::string (Debconf::*)(const Words&);
  struct Command {
    std::string_view name;
    Handler handler;
  };
  static std::span<const Command> commands();

  std::string input(const Words& words);
  std::string clear(const Words& words);
  std::string version(const Words& words);
  std::string capability(const Words& words);
  std::string ignore(const Words& words);
  std::string title_of(const Words& words);
  std::string go(const Words& words);
  std::string get(const Words& words);
  std::string set(const Words& words);
  std::string reset(const Words& words);
  std::string substitute(const Words& words);
  std::string add_question(const Words& words);
  std::string remove_question(const Words& words);
  std::string purge(const Words& words);
  std::string get_field(const Words& words);
  std::string get_flag(const Words& words);
  std::string set_flag(const Words& words);
  std::string info(const Words& words);
  std::string progress(const Words& words);
  std::string progress_start(const Words& words);
  std::string data(const Words& words);
  std::string exists(const Words& words);
  std::string load_file(const Words& words, const ReadFile& read);
  bool is_busy(std::string_view name) const;

  Question* find(std::string_view name);
  Question& add(const std::string& name, const std::string& owner);
  void drop_owner(const std::string& name, const std::string& owner);
  const DebconfTemplate* template_of(const Question& question) const;
  std::string type_of(const Question& question) const;
  std::string value_of(const Question& question) const;
  std::string expand(const Question& question, std::string_view text) const;
  /// A field of the question's template, in English.
  std::string text_of(const Question& question, std::string_view field) const;
  std::string shown_value(Question& question);
  std::string escaped_answer(const std::string& value) const;
  Words split(std::string_view line) const;

  std::map<std::string, std::string, std::less<>> answers_;
  std::set<std::string> used_answers_;
  std::map<std::string, DebconfTemplate, std::less<>> templates_;
  std::map<std::string, Question, std::less<>> questions_;

  // Of the program that speaks now.
  std::string owner_ = "unknown";
  bool escapes_ = false;
  struct Asked {
    std::string name;
    bool is_to_be_seen = false;
  };
  std::vector<Asked> busy_;         ///< questions that GO will ask
  std::set<std::string> answered_;  ///< what will be seen at the end
  bool has_progress_ = false;
  std::string shown_;
};

}  // namespace stamp::scripts
