#include "pin/edit.h"

#include <algorithm>
#include <cstddef>

#include <fmt/core.h>

#include "base/error.h"
#include "pin/edit_proof.h"

namespace stamp::pin {
namespace {

constexpr std::string_view kNumber = "0123456789.eE+-_";

std::string_view without_digest(std::string_view text) {
  return text.substr(0, text.find('@'));
}

/// A digest behind what names the image, instead of one that is there.
std::string with_digest(std::string_view text, const Digest& digest) {
  return fmt::format("{}@{}", without_digest(text), digest.str());
}

/// Whether the place has something that a digest can be written into.
bool can_hold_digest(const Place& place) {
  return place.whole || place.digest || (place.tag && !place.tag->text.empty());
}

bool has_digest(const Field& field) {
  return field.text.find('@') != std::string::npos;
}

void change(const Field& field, std::string text, std::vector<Edit>& edits) {
  if (field.text != text) edits.push_back({field, std::move(text)});
}

std::string changed_whole(const Place& place, const Digest& digest) {
  const std::string_view text = place.whole->text;
  const std::string_view reference =
      text.substr(place.before, text.size() - place.before - place.after);
  return fmt::format("{}{}{}", text.substr(0, place.before), with_digest(reference, digest),
                     text.substr(text.size() - place.after));
}

}  // namespace

std::vector<Edit> edits_for(const Place& place, const Digest& digest) {
  std::vector<Edit> edits;
  if (!can_hold_digest(place)) return edits;
  if (place.whole) {
    change(*place.whole, changed_whole(place, digest), edits);
  } else {
    // A digest in the tag's field is kept right even when there is a field for it besides.
    const bool in_tag = place.tag && (has_digest(*place.tag) || !place.digest);
    if (in_tag) change(*place.tag, with_digest(place.tag->text, digest), edits);
    if (place.digest && (!in_tag || !place.digest->text.empty())) {
      change(*place.digest, place.bare_digest ? digest.hex() : digest.str(), edits);
    }
  }
  return edits;
}

std::string obstacle_to(const Place& place, const Digest& digest) {
  if (!can_hold_digest(place)) {
    return place.reference.digest == digest
               ? ""
               : "there is no field for a digest: write digest: \"\" beside it";
  }
  if (place.obstacle.empty() || edits_for(place, digest).empty()) return "";
  return fmt::format("this image is to be pinned to {}, and cannot be edited: {}", digest.str(),
                     place.obstacle);
}

std::string written(const Edit& edit) {
  return edit.field.lead + written(edit.field.notation, edit.text);
}

std::string written(Notation notation, std::string_view text) {
  switch (notation) {
    case Notation::yaml_plain:
      // What a digest, a tag or a reference is made of needs no quotes, except to be no number.
      if (text.find_first_not_of(kNumber) == std::string_view::npos) {
        return fmt::format("\"{}\"", text);
      }
      return std::string(text);
    case Notation::yaml_single_quoted:
      return fmt::format("'{}'", text);
    case Notation::yaml_double_quoted:
    case Notation::json:
    case Notation::hcl:
      return fmt::format("\"{}\"", text);
    case Notation::bare:
      break;
  }
  return std::string(text);
}

std::string edited(const FileText& file, std::span<const Edit> edits,
                   const workspace::PinSettings& settings) {
  std::vector<Edit> ordered(edits.begin(), edits.end());
  std::sort(ordered.begin(), ordered.end(),
            [](const Edit& a, const Edit& b) { return a.field.span < b.field.span; });
  std::string text;
  std::size_t done = 0;
  for (const Edit& edit : ordered) {
    const ByteSpan span = edit.field.span;
    if (span.begin < done || span.end > file.text.size()) {
      throw Error(ErrorKind::internal, fmt::format("edits of '{}' overlap", file.name));
    }
    text.append(file.text, done, span.begin - done);
    text += written(edit);
    done = span.end;
  }
  text.append(file.text, done);
  FileText after{file.name, std::move(text)};
  prove_edit(file, after, ordered, settings);
  return std::move(after.text);
}

}  // namespace stamp::pin
