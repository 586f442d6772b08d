#include "maintainer-scripts/tools/options.h"

#include <algorithm>

#include <fmt/core.h>

namespace stamp::scripts {
namespace {

class Parser {
 public:
  Parser(const Process& process, std::string_view short_options,
         std::span<const LongOption> long_options)
      : words_(process.args), short_(short_options), long_(long_options) {
    if (short_.starts_with('+')) {
      short_.remove_prefix(1);
      order_ = Order::options_first;
    }
  }

  Options parse() {
    for (next_ = 1; next_ < words_.size();) {
      const std::string& word = words_[next_++];
      if (word == "--") break;
      if (word.starts_with("--")) {
        take_long(std::string_view(word).substr(2));
      } else if (word.size() > 1 && word.front() == '-') {
        take_group(std::string_view(word).substr(1));
      } else {
        options_.operands.push_back(word);
        if (order_ == Order::options_first) break;
      }
    }
    for (; next_ < words_.size(); ++next_) options_.operands.push_back(words_[next_]);
    return std::move(options_);
  }

 private:
  enum class Order { any, options_first };

  std::string argument_of(std::string_view option) {
    if (next_ == words_.size()) {
      throw Unknown(fmt::format("option '{}' has no argument", option));
    }
    return words_[next_++];
  }

  void take_long(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const auto known = std::find_if(long_.begin(), long_.end(),
                                    [name](const LongOption& l) { return l.name == name; });
    if (known == long_.end()) throw Unknown(fmt::format("option '--{}' is not known", name));
    Option option{std::string(known->same_as.empty() ? known->name : known->same_as), {}};
    if (equals != std::string_view::npos) {
      if (known->argument == Argument::none) {
        throw Unknown(fmt::format("option '--{}' takes no argument", name));
      }
      option.value = text.substr(equals + 1);
    } else if (known->argument == Argument::required) {
      option.value = argument_of(fmt::format("--{}", name));
    }
    options_.given.push_back(std::move(option));
  }

  /// "rf", "m644": options without argument, then at most one with.
  void take_group(std::string_view group) {
    while (!group.empty()) {
      const char letter = group.front();
      group.remove_prefix(1);
      const Argument argument = argument_kind(letter);
      Option option{std::string(1, letter), {}};
      if (argument != Argument::none && !group.empty()) {
        option.value = group;
        group = {};
      } else if (argument == Argument::required) {
        option.value = argument_of(fmt::format("-{}", letter));
      }
      options_.given.push_back(std::move(option));
    }
  }

  Argument argument_kind(char letter) const {
    const std::size_t at = letter == ':' ? std::string_view::npos : short_.find(letter);
    if (at == std::string_view::npos) {
      throw Unknown(fmt::format("option '-{}' is not known", letter));
    }
    const std::string_view rest = short_.substr(at + 1);
    if (rest.starts_with("::")) return Argument::optional;
    return rest.starts_with(':') ? Argument::required : Argument::none;
  }

  const std::vector<std::string>& words_;
  std::string_view short_;
  std::span<const LongOption> long_;
  Order order_ = Order::any;
  std::size_t next_ = 1;
  Options options_;
};

}  // namespace

bool Options::has(std::string_view name) const {
  return std::any_of(given.begin(), given.end(),
                     [name](const Option& o) { return o.name == name; });
}

const std::string* Options::value(std::string_view name) const {
  const auto last = std::find_if(given.rbegin(), given.rend(),
                                 [name](const Option& o) { return o.name == name; });
  return last == given.rend() || !last->value ? nullptr : &*last->value;
}

std::string_view Options::last_of(std::span<const std::string_view> names) const {
  const auto last = std::find_if(given.rbegin(), given.rend(), [names](const Option& o) {
    return std::find(names.begin(), names.end(), o.name) != names.end();
  });
  return last == given.rend() ? std::string_view() : std::string_view(last->name);
}

Options parse_options(const Process& process, std::string_view short_options,
                      std::span<const LongOption> long_options) {
  return Parser(process, short_options, long_options).parse();
}

}  // namespace stamp::scripts
