#include "maintainer-scripts/shell/braces.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace stamp::scripts::shell {
namespace {

/// Words that one may become; more stop when they are reached.
constexpr std::size_t kMostWords = 1000;
constexpr int kMostNested = 20;

/// A character outside quotes, or a part that is taken as it is.
struct Piece {
  char character = 0;
  const Part* part = nullptr;
};
using Pieces = std::vector<Piece>;
using Range = std::pair<std::size_t, std::size_t>;

/// The place of `wanted` outside inner braces, from `from` on.
std::size_t find_outside(const Pieces& pieces, std::size_t from, std::size_t end,
                         std::string_view wanted) {
  int depth = 0;
  for (std::size_t i = from; i < end; ++i) {
    const char c = pieces[i].character;
    if (depth == 0 && c != 0 && wanted.find(c) != std::string_view::npos) return i;
    if (c == '{') ++depth;
    if (c == '}') --depth;
  }
  return end;
}

std::optional<int> number_of(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

/// Whether a number of a sequence is written so that its width counts.
bool is_padded(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.size() > 1 && text.front() == '0';
}

enum class Sequence { none, known, not_known };

/// What stands in {1..3}; its numbers are added to `words`.
Sequence sequence(std::string_view text, std::vector<std::string>& words) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return Sequence::none;
  const std::string_view first = text.substr(0, dots);
  const std::string_view last = text.substr(dots + 2);
  const std::optional<int> from = number_of(first);
  const std::optional<int> to = number_of(last);
  if (from && to && !is_padded(first) && !is_padded(last)) {
    if (static_cast<std::size_t>(std::abs(static_cast<long>(*to) - *from)) >= kMostWords) {
      return Sequence::not_known;
    }
    const int step = *from <= *to ? 1 : -1;
    for (int i = *from; i != *to + step; i += step) words.push_back(std::to_string(i));
    return Sequence::known;
  }
  return Sequence::not_known;
}

class Braces {
 public:
  explicit Braces(const Word& word) : word_(word) {
    for (const Part& part : word.parts) {
      const auto* literal = std::get_if<Literal>(&part.node);
      if (literal == nullptr) {
        pieces_.push_back({.part = &part});
        continue;
      }
      for (const char c : literal->text) pieces_.push_back({.character = c});
    }
  }

  std::vector<Word> run() {
    const std::vector<Pieces> all = expand(pieces_, 0);
    std::vector<Word> words;
    words.reserve(all.size());
    for (const Pieces& pieces : all) words.push_back(word_of(pieces));
    if (not_known_) {
      words.resize(1);
      words[0].parts = {{.position = word_.position, .node = NotKnown{"this brace expansion"}}};
    }
    return words;
  }

 private:
  Word word_of(const Pieces& pieces) const {
    Word word;
    word.position = word_.position;
    bool joins = false;
    for (const Piece& piece : pieces) {
      if (piece.part != nullptr) {
        word.parts.push_back(*piece.part);
      } else if (joins) {
        std::get<Literal>(word.parts.back().node).text += piece.character;
      } else {
        word.parts.push_back(
            {.position = word_.position, .node = Literal{std::string(1, piece.character)}});
      }
      joins = piece.part == nullptr;
    }
    return word;
  }

  /// What the braces from `begin` to `end` (their places) become; none where they mean themselves.
  std::vector<Pieces> alternatives(const Pieces& pieces, Range range, int depth) {
    std::vector<Pieces> out;
    const auto [begin, end] = range;
    std::size_t at = begin + 1;
    std::size_t comma = find_outside(pieces, at, end, ",");
    if (comma == end) {
      std::string text;
      for (std::size_t i = at; i < end; ++i) text += pieces[i].character;
      std::vector<std::string> words;
      if (text.find('\0') != std::string::npos && text.find("..") == std::string::npos) return out;
      const Sequence kind = sequence(text, words);
      if (kind == Sequence::not_known) not_known_ = true;
      for (const std::string& word : words) {
        Pieces one;
        for (const char c : word) one.push_back({.character = c});
        out.push_back(std::move(one));
      }
      return out;
    }
    while (true) {
      const Pieces one(pieces.begin() + static_cast<std::ptrdiff_t>(at),
                       pieces.begin() + static_cast<std::ptrdiff_t>(comma));
      for (Pieces& each : expand(one, depth + 1)) out.push_back(std::move(each));
      if (comma == end) return out;
      at = comma + 1;
      comma = find_outside(pieces, at, end, ",");
    }
  }

  std::vector<Pieces> expand(const Pieces& pieces, int depth) {
    if (depth > kMostNested) not_known_ = true;
    if (not_known_) return {pieces};
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (pieces[i].character != '{') continue;
      const std::size_t end = find_outside(pieces, i + 1, pieces.size(), "}");
      if (end == pieces.size()) continue;
      const std::vector<Pieces> middles = alternatives(pieces, {i, end}, depth);
      if (middles.empty()) continue;
      const Pieces tail(pieces.begin() + static_cast<std::ptrdiff_t>(end) + 1, pieces.end());
      const std::vector<Pieces> tails = expand(tail, depth + 1);
      if (middles.size() * tails.size() > kMostWords) not_known_ = true;
      std::vector<Pieces> out;
      for (const Pieces& middle : middles) {
        for (const Pieces& each : tails) {
          if (out.size() >= kMostWords) break;
          Pieces whole(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(i));
          whole.insert(whole.end(), middle.begin(), middle.end());
          whole.insert(whole.end(), each.begin(), each.end());
          out.push_back(std::move(whole));
        }
      }
      return out;
    }
    return {pieces};
  }

  const Word& word_;
  Pieces pieces_;
  bool not_known_ = false;
};

}  // namespace

std::vector<Word> expand_braces(const Word& word) {
  const bool has_brace = std::any_of(word.parts.begin(), word.parts.end(), [](const Part& part) {
    const auto* literal = std::get_if<Literal>(&part.node);
    return literal != nullptr && literal->text.find('{') != std::string::npos;
  });
  if (!has_brace) return {word};
  return Braces(word).run();
}

}  // namespace stamp::scripts::shell
