#pragma once
// From a digest to the bytes that change, and the proof that nothing else did.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "pin/find.h"
#include "pin/place.h"
#include "workspace/pin_settings.h"

namespace stamp::pin {

/// A field that is to say something else.
struct Edit {
  Field field;
  std::string text;

  friend bool operator==(const Edit&, const Edit&) = default;
};

/// What has to be written so that a place names `digest`; nothing when it does. The tag stays. A
/// digest goes where one is, or has a field of its own or is to have one, else behind the tag or
/// the name. Whether it may be written is for obstacle_to() to say.
std::vector<Edit> edits_for(const Place& place, const Digest& digest);

/// Why a place cannot be made to name `digest`: for a person, with what to do; empty when it can,
/// or does already.
std::string obstacle_to(const Place& place, const Digest& digest);

/// The bytes that go where the field's are.
std::string written(const Edit& edit);

/// The bytes of `text` as `notation` writes it. Quotes stay what they are; a plain YAML text that
/// would be a number gets double quotes.
std::string written(Notation notation, std::string_view text);

/// The file's text with the edits, of which no two may overlap. Proved before it is returned: read
/// again, the file has the same places, the edited ones say what they should, and of YAML every
/// other node is what and where it was; nothing is added but fields that were not there. Errors:
/// internal (the proof failed: nothing may be written).
std::string edited(const FileText& file, std::span<const Edit> edits,
                   const workspace::PinSettings& settings);

}  // namespace stamp::pin
