#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "base/diagnostic.h"
#include "base/yaml.h"
#include "base/yaml_text.h"
#include "pin/find.h"

namespace stamp::pin {
namespace {

constexpr std::string_view kWord = "stamp:pin";
constexpr std::string_view kBlanks = " \t\r";
/// What ends a word of a marked line, beside blanks.
constexpr std::string_view kDelimiters = " \t\r\"'`=,;|&\\()[]{}<>";

/// A comment that marks a line.
struct Marker {
  std::size_t begin = 0;  ///< of the comment
  std::size_t word = 0;   ///< of "stamp:pin"
  ByteSpan name;          ///< empty: it names none, or more than one
};

bool is_blank(char c) {
  return kBlanks.find(c) != std::string_view::npos;
}

/// Where the comment begins whose first word is at byte `word`: behind a blank, or with the line.
std::optional<std::size_t> comment_before(std::string_view text, ByteSpan line, std::size_t word) {
  std::string_view before = text.substr(line.begin, word - line.begin);
  while (!before.empty() && is_blank(before.back())) before.remove_suffix(1);
  for (const std::string_view opening : {"<!--", "/*", "//", "--", "#", ";"}) {
    if (!before.ends_with(opening)) continue;
    const std::size_t begin = before.size() - opening.size();
    if (begin == 0 || is_blank(before[begin - 1])) return line.begin + begin;
  }
  return std::nullopt;
}

/// The marker that ends a line.
std::optional<Marker> marker_on(std::string_view text, ByteSpan line) {
  const std::size_t found = line.of(text).rfind(kWord);
  if (found == std::string_view::npos) return std::nullopt;
  Marker marker;
  marker.word = line.begin + found;
  const std::optional<std::size_t> begin = comment_before(text, line, marker.word);
  ByteSpan rest{marker.word + kWord.size(), line.end};
  if (!begin || (rest.size() > 0 && !is_blank(text[rest.begin]))) return std::nullopt;
  marker.begin = *begin;
  const auto trim = [&] {
    while (rest.size() > 0 && is_blank(text[rest.begin])) ++rest.begin;
    while (rest.size() > 0 && is_blank(text[rest.end - 1])) --rest.end;
  };
  trim();
  for (const std::string_view closing : {"-->", "*/"}) {
    if (rest.of(text).ends_with(closing)) rest.end -= closing.size();
  }
  trim();
  const bool one = rest.of(text).find_first_of(kDelimiters) == std::string_view::npos;
  marker.name = one ? rest : ByteSpan{marker.word, marker.word};
  return marker;
}

/// Whether a marker's name means the repository of a reference.
bool means(std::string_view name, const oci::Reference& reference) {
  const std::string& repository = reference.repository;
  return name == repository || name == reference.repository_str() ||
         name == std::string_view(repository).substr(repository.rfind('/') + 1);
}

/// A word of a marked line that is what its marker names.
struct Match {
  ByteSpan span;
  std::size_t before = 0;
  oci::Reference reference;
};

/// What the words between the bytes of `line` refer to.
class MarkedLine final {
 public:
  MarkedLine(std::string_view text, ByteSpan line, std::string_view name)
      : text_(text), line_(line), name_(name) {}

  /// The words that the marker may mean. One without "/", ":" and "@" is an image only when no
  /// other is: "--name web registry.example/web".
  std::vector<Match> matches() const {
    std::vector<Match> full;
    std::vector<Match> bare;
    for (std::size_t at = line_.begin; at < line_.end;) {
      const std::size_t begin = next(at, IsWord::yes);
      const std::size_t end = next(begin, IsWord::no);
      at = end;
      if (std::optional<Match> match = match_at({begin, end})) {
        const bool is_bare = match->span.of(text_).find_first_of("/:@") == std::string_view::npos;
        (is_bare ? bare : full).push_back(*std::move(match));
      }
    }
    return full.empty() ? bare : full;
  }

  /// Where a template begins that has the image's name behind it or around it.
  std::optional<std::size_t> template_at() const {
    const std::string_view line = line_.of(text_);
    const std::string_view last = name_.substr(name_.rfind('/') + 1);
    if (line.find(last) == std::string_view::npos) return std::nullopt;
    std::size_t first = line.find('$');
    for (const std::string_view opening : {"{{", "%{", "<%"}) {
      first = std::min(first, line.find(opening));
    }
    if (first == std::string_view::npos) return std::nullopt;
    return line_.begin + first;
  }

 private:
  enum class IsWord { no, yes };

  /// The first byte from `at` on that is, or is not, of a word.
  std::size_t next(std::size_t at, IsWord wanted) const {
    while (at < line_.end &&
           (kDelimiters.find(text_[at]) == std::string_view::npos) != (wanted == IsWord::yes)) {
      ++at;
    }
    return at;
  }

  std::optional<Match> match_at(ByteSpan span) const {
    const std::string_view word = span.of(text_);
    // A reference without the name in it is not parsed.
    if (word.find(name_.substr(name_.rfind('/') + 1)) == std::string_view::npos) {
      return std::nullopt;
    }
    const std::size_t scheme = word.find("://");
    const std::size_t before = scheme == std::string_view::npos ? 0 : scheme + 3;
    std::optional<oci::Reference> reference = read_reference(word.substr(before));
    if (!reference || !means(name_, *reference)) return std::nullopt;
    const bool inside = (span.begin > line_.begin && ends_template(text_[span.begin - 1])) ||
                        text_.substr(span.end).starts_with("{{") ||
                        text_.substr(span.end).starts_with("<%");
    if (inside) return std::nullopt;
    return Match{span, before, *std::move(reference)};
  }

  static bool ends_template(char c) { return c == '}' || c == ')'; }

  std::string_view text_;
  ByteSpan line_;
  std::string_view name_;
};

/// Goes over the lines of a file.
class MarkerFinder final {
 public:
  explicit MarkerFinder(const FileText& file) : file_(file), text_(file.text) {}

  Found find() {
    // Most files have no marker: their lines are not looked at.
    for (std::size_t at = text_.find(kWord); at != std::string_view::npos;) {
      const ByteSpan line = line_at(at);
      if (const std::optional<Marker> marker = marker_on(text_, line)) apply(*marker, line);
      at = text_.find(kWord, line.end);
    }
    throw_if_any(std::move(problems_));
    std::ranges::sort(found_.places, {}, begin_of);
    const auto same = [](const Place& a, const Place& b) { return begin_of(a) == begin_of(b); };
    found_.places.erase(std::unique(found_.places.begin(), found_.places.end(), same),
                        found_.places.end());
    return std::move(found_);
  }

 private:
  static std::size_t begin_of(const Place& place) { return place.whole->span.begin; }

  /// The line around byte `at`, without its end and a byte order mark.
  ByteSpan line_at(std::size_t at) const {
    const std::size_t before = at == 0 ? std::string_view::npos : text_.rfind('\n', at - 1);
    ByteSpan line{before == std::string_view::npos ? 0 : before + 1,
                  std::min(text_.find('\n', at), text_.size())};
    if (line.begin == 0 && text_.starts_with(kByteOrderMark)) line.begin = kByteOrderMark.size();
    return line;
  }

  /// The bytes that a marker is for: those before it, or the line below when there are none.
  ByteSpan marked_by(const Marker& marker, ByteSpan line) const {
    const ByteSpan before{line.begin, marker.begin};
    if (!std::ranges::all_of(before.of(text_), is_blank)) return before;
    if (line.end == text_.size()) return {line.end, line.end};
    ByteSpan below = line_at(line.end + 1);
    if (const std::optional<Marker> other = marker_on(text_, below)) below.end = other->begin;
    return below;
  }

  void apply(const Marker& marker, ByteSpan line) {
    if (marker.name.size() == 0) {
      return problem(marker.word, "a marker names one image: stamp:pin NAME");
    }
    const std::string_view name = marker.name.of(text_);
    const MarkedLine marked(text_, marked_by(marker, line), name);
    std::vector<Match> matches = marked.matches();
    if (matches.size() == 1) return add(std::move(matches.front()));
    if (matches.size() > 1) {
      return problem(matches[1].span.begin,
                     fmt::format("this is the second word that the marker '{}' may mean; put them "
                                 "on lines of their own",
                                 name));
    }
    if (const std::optional<std::size_t> at = marked.template_at()) {
      found_.left_alone.push_back({path_of(*at), *at, "a template"});
      return;
    }
    problem(marker.name.begin,
            fmt::format("no word on the marked line is a reference to '{}'; write one there, or "
                        "take the marker away",
                        name));
  }

  void add(Match match) {
    Place place;
    place.kind = "marker";
    place.path = path_of(match.span.begin);
    place.reference = std::move(match.reference);
    place.whole = Field{match.span, Notation::bare, std::string(match.span.of(text_))};
    place.before = match.before;
    found_.places.push_back(std::move(place));
  }

  std::string path_of(std::size_t offset) const {
    return fmt::format("line {}", position_at(text_, offset).line);
  }

  void problem(std::size_t offset, std::string message) {
    problems_.push_back(
        problem_at(file_.name, text_, position_at(text_, offset), std::move(message)));
  }

  const FileText& file_;
  std::string_view text_;
  Found found_;
  std::vector<Diagnostic> problems_;
};

}  // namespace

Found find_marked(const FileText& file) {
  return MarkerFinder(file).find();
}

}  // namespace stamp::pin
