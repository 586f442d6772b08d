#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace stamp::scripts {

/// debconf's database and protocol, where nobody can be asked: the recipe's answer, else the
/// package's default. Spec: debconf-devel(7), the debconf specification 2.1.
class Debconf {
 public:
  /// Answers of the recipe, by question ("tzdata/Zones/Etc").
  explicit Debconf(std::map<std::string, std::string, std::less<>> answers = {});

  /// Loads a package's `templates`. Errors: invalid.
  void load_templates(std::string_view package, std::string_view templates);
  /// What a line of the protocol is answered with: "0 true", "10 x/y doesn't exist". `line` has no
  /// newline.
  std::string command(std::string_view line);
  /// Answers of the recipe for which no question was loaded.
  std::vector<std::string> unused_answers() const;

 private:
  struct Template {
    std::map<std::string, std::string, std::less<>> fields;
  };
  struct Question {
    std::string of_template;
    std::string value;
    bool has_value = false;
    std::map<std::string, bool, std::less<>> flags;
    std::map<std::string, std::string, std::less<>> substitutions;
    std::set<std::string> owners;
  };
  std::map<std::string, std::string, std::less<>> answers_;
  std::map<std::string, Template, std::less<>> templates_;
  std::map<std::string, Question, std::less<>> questions_;
};

}  // namespace stamp::scripts
