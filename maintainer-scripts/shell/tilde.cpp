#include "maintainer-scripts/shell/tilde.h"

#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace stamp::scripts::shell {
namespace {

/// A tilde at `at` of a Literal: where its user ends; npos when it means itself.
std::size_t tilde_end(const std::string& text, std::size_t at, WordUse use, bool is_last) {
  const std::size_t end = text.find_first_of(use == WordUse::assignment ? "/:" : "/", at);
  if (end != std::string::npos) return end;
  return is_last ? text.size() : std::string::npos;
}

/// Where tildes are looked for.
struct TildePlaces {
  WordUse use = WordUse::plain;
  bool at_start = true;
  bool after_colon = false;
  bool in_assignment = false;  ///< what the tildes after `=` and `:` are marked with
};

class TildeMarker {
 public:
  explicit TildeMarker(const TildePlaces& places) : places_(places) {}

  /// The parts with their tildes; the first `skipped` bytes stay as they are.
  std::vector<Part> mark(std::vector<Part> parts, std::size_t skipped);

 private:
  void split(Part& part, std::size_t skipped, bool is_first, bool is_last);
  void descend(Part& part) const;

  TildePlaces places_;
  std::vector<Part> marked_;
};

std::vector<Part> TildeMarker::mark(std::vector<Part> parts, std::size_t skipped) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Part& part = parts[i];
    descend(part);
    if (std::holds_alternative<Literal>(part.node)) {
      split(part, i == 0 ? skipped : 0, i == 0, i + 1 == parts.size());
    } else {
      marked_.push_back(std::move(part));
    }
  }
  return std::move(marked_);
}

void TildeMarker::descend(Part& part) const {
  if (auto* quoted = std::get_if<DoubleQuoted>(&part.node)) {
    for (Part& inner : quoted->parts) descend(inner);
  } else if (auto* arithmetic = std::get_if<Arithmetic>(&part.node)) {
    for (Part& inner : arithmetic->parts) descend(inner);
  } else if (auto* parameter = std::get_if<Parameter>(&part.node)) {
    TildePlaces places = places_;
    places.at_start = true;
    parameter->word.parts = TildeMarker(places).mark(std::move(parameter->word.parts), 0);
  }
}

void TildeMarker::split(Part& part, std::size_t skipped, bool is_first, bool is_last) {
  const std::string text = std::move(std::get<Literal>(part.node).text);
  // A literal is on one line but for continuations; what is cut off it is near enough.
  const auto literal = [&](std::size_t from, std::size_t to) {
    if (from == to) return;
    Position position = part.position;
    position.column += static_cast<std::uint32_t>(from);
    marked_.push_back({.position = position, .node = Literal{text.substr(from, to - from)}});
  };
  std::size_t done = 0;
  for (std::size_t at = text.find('~', skipped); at != std::string::npos;
       at = text.find('~', at + 1)) {
    const bool starts = is_first && at == skipped;
    const bool counts = starts ? places_.at_start || skipped > 0
                               : places_.after_colon && at > skipped && text[at - 1] == ':';
    if (!counts) continue;
    const std::size_t end = tilde_end(text, at, places_.use, is_last);
    if (end == std::string::npos) continue;
    literal(done, at);
    Position position = part.position;
    position.column += static_cast<std::uint32_t>(at);
    const bool in_assignment = places_.in_assignment && at > 0;
    marked_.push_back(
        {.position = position, .node = Tilde{text.substr(at + 1, end - at - 1), in_assignment}});
    done = end;
  }
  literal(done, text.size());
}

}  // namespace

void mark_tildes(Word& word, WordUse use) {
  const bool declares = word.assignment > 0;
  const bool assigns = use == WordUse::assignment;
  TildeMarker marker({.use = declares ? WordUse::assignment : use,
                      .at_start = !declares,
                      .after_colon = assigns || declares,
                      .in_assignment = declares});
  word.parts = marker.mark(std::move(word.parts), word.assignment);
}

}  // namespace stamp::scripts::shell
