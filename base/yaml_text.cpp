#include "base/yaml_text.h"

#include <fmt/core.h>
#include <libfyaml.h>

#include "base/error.h"
#include "base/handle.h"

namespace stamp {
namespace {

/// The length of the UTF-8 sequence that `text` starts with, or 0 when it is none.
/// Spec: Unicode 15 table 3-7 "Well-Formed UTF-8 Byte Sequences".
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool second = continues(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
    return second && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool second = continues(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
    return second && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::optional<BadCharacter> find_bad_character(std::string_view text) {
  TextPosition position;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = sequence_length(text.substr(i));
    if (length == 0) {
      return BadCharacter{position, fmt::format("byte 0x{:02X} is not valid UTF-8", byte)};
    }
    if (byte == 0x7F || (byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r')) {
      return BadCharacter{position, fmt::format("control character U+{:04X} is not allowed", byte)};
    }
    if (text.substr(i, 3) == kByteOrderMark) {
      return BadCharacter{position, "a byte order mark is allowed at the start of a file only"};
    }
    if (byte == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) {
      return BadCharacter{position, "a carriage return is allowed before a line feed only"};
    }
    i += length;
    ++position.column;
    if (byte == '\n') position = {position.line + 1, 1};
  }
  return std::nullopt;
}

/// Made from libfyaml's pieces. Its fy_token_get_text gives nothing where a single-quoted text
/// holds several escaped quotes in a row (0.7.12): it takes the second quote of one pair and the
/// first of the next for one more pair, and then finds no room for it.
std::optional<std::string> text_of_token(fy_token& token) {
  const Handle<fy_token_iter, fy_token_iter_destroy> pieces(fy_token_iter_create(&token));
  if (pieces == nullptr) throw Error(ErrorKind::internal, "libfyaml gives no text");
  const bool is_single_quoted = fy_token_scalar_style(&token) == FYSS_SINGLE_QUOTED;
  std::string text;
  int failed = 0;
  const char* second = nullptr;  // the second quote of the pair that came last
  const fy_iter_chunk* piece = nullptr;
  while ((piece = fy_token_iter_chunk_next(pieces.get(), piece, &failed)) != nullptr) {
    const std::string_view part(piece->str, piece->len);
    if (is_single_quoted && part == "'") {
      second = part.data() == second ? nullptr : part.data() + 1;
      if (second == nullptr) continue;
    }
    text += part;
  }
  if (failed != 0) return std::nullopt;
  return text;
}

}  // namespace stamp
