#include "maintainer-scripts/tools/text_sed_parts.h"

#include <utility>

#include <fmt/core.h>

namespace stamp::scripts::sed_script {
namespace {

constexpr int kMissingInput = 2;
constexpr int kInputOutputError = 4;

char changed(char c, Piece::Kind kind) {
  if (kind == Piece::Kind::upper || kind == Piece::Kind::upper_once) return to_upper(c);
  if (kind == Piece::Kind::lower || kind == Piece::Kind::lower_once) return to_lower(c);
  return c;
}

}  // namespace

std::optional<Input::Line> Input::next() {
  while (true) {
    if (const auto line = reader_.next()) {
      ++number_;
      return Line{*line, reader_.was_ended()};
    }
    if ((settings_.separate && open_) || !open_next()) return std::nullopt;
  }
}

bool Input::is_last() {
  while (reader_.at_end()) {
    if (settings_.separate || !open_next()) return true;
  }
  return false;
}

bool Input::open_next() {
  while (next_ < files_.size()) {
    const std::string& file = files_[next_++];
    InputText text = read_operand(process_, settings_.in_place && file == "-" ? "./-" : file);
    if (!text) {
      const bool folder = text.error == std::errc::is_a_directory;
      status_ = fail(process_,
                     folder ? fmt::format("couldn't edit {}: not a regular file", file)
                            : fmt::format("can't read {}: {}", file, describe(text.error)),
                     folder && settings_.in_place ? kInputOutputError : kMissingInput);
      continue;
    }
    name_ = file;
    // lines of earlier files stay as they are where text is kept
    text_ = std::move(text.text);
    reader_ = LineReader(text_, settings_.delimiter);
    if (settings_.separate) number_ = 0;
    open_ = true;
    return true;
  }
  open_ = false;
  return false;
}

void Replacement::add(const Piece& piece, std::string_view line, const RegexMatch& match) {
  switch (piece.kind) {
    case Piece::Kind::text:
      append(piece.text);
      break;
    case Piece::Kind::group: {
      const auto& group = match.groups.at(piece.group);
      if (group && group->size() > 0) append(group->of(line));
      // a \u before an empty group is kept for what comes behind it
      fresh_ = false;
      break;
    }
    case Piece::Kind::upper_once:
    case Piece::Kind::lower_once:
      once_ = piece.kind;
      fresh_ = true;
      break;
    default:
      mode_ = piece.kind;
      if (fresh_) once_ = Piece::Kind::plain;
      fresh_ = false;
  }
}

void Replacement::append(std::string_view text) {
  for (const char c : text) {
    text_ += changed(c, once_ == Piece::Kind::plain ? mode_ : once_);
    once_ = Piece::Kind::plain;
  }
  fresh_ = false;
}

std::string unambiguous(std::string_view text, std::uint64_t width) {
  std::string result;
  std::uint64_t column = 0;
  for (const char c : text) {
    static constexpr std::string_view kBytes = "\\\a\b\f\n\r\t\v";
    static constexpr std::string_view kNames = "\\abfnrtv";
    std::string shown(1, c);
    const std::size_t named = kBytes.find(c);
    if (named != std::string_view::npos) {
      shown = std::string{'\\', kNames[named]};
    } else if (c < ' ' || c > '~') {
      shown = fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    }
    if (width > 1 && column + shown.size() > width - 1) {
      result += "\\\n";
      column = 0;
    }
    result += shown;
    column += shown.size();
  }
  return result;
}

}  // namespace stamp::scripts::sed_script
