#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "base/yaml_text.h"
#include "pin/find.h"

namespace stamp::pin {
namespace {

constexpr std::string_view kBlanks = " \t\r";

/// Bytes [begin, end) of `text` without the blanks around them.
ByteSpan trimmed(std::string_view text, ByteSpan span) {
  while (span.size() > 0 && kBlanks.find(text[span.begin]) != kBlanks.npos) ++span.begin;
  while (span.size() > 0 && kBlanks.find(text[span.end - 1]) != kBlanks.npos) --span.end;
  return span;
}

/// Goes over the assignments of a unit. Spec: systemd.syntax(7); podman-systemd.unit(5).
class UnitFinder final {
 public:
  explicit UnitFinder(const FileText& file) : text_(file.text) {
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  Found find() {
    while (at_ < text_.size()) {
      const ByteSpan line = next_line();
      const std::string_view words = line.of(text_);
      if (is_comment(words)) continue;
      if (words.starts_with('[') && words.ends_with(']')) {
        section_ = words.substr(1, words.size() - 2);
      } else {
        assignment(line);
      }
    }
    return std::move(found_);
  }

 private:
  static bool is_comment(std::string_view line) {
    return line.starts_with('#') || line.starts_with(';');
  }

  ByteSpan next_line() {
    const std::size_t begin = at_;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    at_ = std::min(end + 1, text_.size());
    return trimmed(text_, {begin, end});
  }

  /// Reads on while lines end in a backslash; comments between them do not count. Gives the part
  /// that holds text, or nothing when several do.
  std::optional<ByteSpan> value(ByteSpan first) {
    std::optional<ByteSpan> only;
    std::size_t parts = 0;
    for (ByteSpan line = first;;) {
      const bool goes_on = line.of(text_).ends_with('\\');
      if (goes_on) line = trimmed(text_, {line.begin, line.end - 1});
      if (line.size() > 0) {
        only = line;
        ++parts;
      }
      if (!goes_on || at_ == text_.size()) break;
      do {
        line = next_line();
      } while (is_comment(line.of(text_)) && at_ < text_.size());
      if (is_comment(line.of(text_))) break;
    }
    return parts == 1 ? only : std::nullopt;
  }

  void assignment(ByteSpan line) {
    const std::size_t equals = line.of(text_).find('=');
    const bool assigns = equals != std::string_view::npos;
    const std::string_view key =
        trimmed(text_, {line.begin, assigns ? line.begin + equals : line.end}).of(text_);
    const ByteSpan rest{assigns ? line.begin + equals + 1 : line.end, line.end};
    const std::optional<ByteSpan> span = value(trimmed(text_, rest));
    const bool quadlet = section_ == "Container" || section_ == "Image" || section_ == "Volume";
    if (assigns && span && quadlet && key == "Image") image(*span);
  }

  void image(ByteSpan span) {
    const std::string_view text = span.of(text_);
    if (text.ends_with(".image") || text.ends_with(".build")) return;
    const std::string path = fmt::format("{}.Image", section_);
    if (text.find('%') != std::string_view::npos) {
      found_.left_alone.push_back({path, span.begin, "a template"});
      return;
    }
    constexpr std::string_view kScheme = "docker://";
    const std::size_t before = text.starts_with(kScheme) ? kScheme.size() : 0;
    std::optional<oci::Reference> reference = read_reference(text.substr(before));
    if (!reference) return;
    Place place;
    place.kind = "Quadlet";
    place.path = path;
    place.reference = *std::move(reference);
    place.whole = Field{span, Notation::bare, std::string(text)};
    place.before = before;
    found_.places.push_back(std::move(place));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string_view section_;
  Found found_;
};

}  // namespace

Found find_in_unit(const FileText& file) {
  return UnitFinder(file).find();
}

}  // namespace stamp::pin
