#include "pin/edit_proof.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "base/yaml_tree.h"

namespace stamp::pin {
namespace {

bool is_yaml(const FileText& file) {
  const Format format = format_of(file.name);
  return format == Format::yaml || format == Format::json;
}

/// The only key that is ever added.
constexpr std::string_view kAdded = "digest";

class Proof {
 public:
  Proof(const FileText& before, const FileText& after, std::span<const Edit> edits)
      : before_(before), after_(after), edits_(edits) {}

  void places(const Found& was, const Found& is) const {
    require(was.places.size() == is.places.size(), "the references that are found", {});
    require(was.left_alone.size() == is.left_alone.size(), "what is left alone", {});
    for (std::size_t i = 0; i < was.places.size(); ++i) {
      place(was.places[i], is.places[i]);
    }
  }

  void tree() {
    const YamlTree was = YamlTree::parse(before_.name, before_.text);
    const YamlTree is = YamlTree::parse(after_.name, after_.text);
    nodes(was.documents(), is.documents());
    const auto added = std::count_if(edits_.begin(), edits_.end(), is_added);
    require(added == added_, "the number of values", {});
  }

 private:
  /// Whether an edit gives a mapping a member that it did not have.
  static bool is_added(const Edit& edit) { return !edit.field.lead.empty(); }

  /// Where the value of an added member begins in the new text.
  std::size_t added_value(const Edit& edit) const {
    return moved(edit.field.span.begin) - written(edit.field.notation, edit.text).size();
  }

  void require(bool holds, std::string_view what, ByteSpan where) const {
    if (holds) return;
    const std::string headline =
        fmt::format("cannot edit '{}': {} would change at line {}", before_.name, what,
                    position_at(before_.text, where.begin).line);
    // Which text a marker means is the user's to say; it may be an anchor's name, or half a word.
    const bool is_marked =
        is_yaml(before_) && std::any_of(edits_.begin(), edits_.end(), [](const Edit& edit) {
          return edit.field.notation == Notation::bare;
        });
    if (is_marked) {
      throw Error(ErrorKind::invalid, headline,
                  {.hint = "nothing was written; what is marked must be within one value of the "
                           "document, unescaped and on one line"});
    }
    throw Error(
        ErrorKind::internal, headline,
        {.hint = "nothing was written; report this as a bug of stamp, with that part of the file"});
  }

  /// The edit of a field that starts at `begin`, or null.
  const Edit* edit_at(std::size_t begin) const {
    const auto found = std::find_if(edits_.begin(), edits_.end(), [&](const Edit& edit) {
      return edit.field.span.begin == begin;
    });
    return found == edits_.end() ? nullptr : &*found;
  }

  /// Where a byte of the old text is in the new one.
  std::size_t moved(std::size_t offset) const {
    std::size_t place = offset;
    for (const Edit& edit : edits_) {
      if (edit.field.span.end > offset) break;
      place = place - edit.field.span.size() + written(edit).size();
    }
    return place;
  }

  void field(const std::optional<Field>& was, const std::optional<Field>& is) const {
    require(was.has_value() == is.has_value(), "a field", was ? was->span : ByteSpan{});
    if (!was) return;
    const Edit* edit = edit_at(was->span.begin);
    require(is->text == (edit == nullptr ? was->text : edit->text), "a text", was->span);
    const bool added = edit != nullptr && is_added(*edit);
    require(is->lead == (added ? "" : was->lead), "a field", was->span);
    require(is->span.begin == (added ? added_value(*edit) : moved(was->span.begin)), "a place",
            was->span);
  }

  void place(const Place& was, const Place& is) const {
    require(was.kind == is.kind && was.path == is.path && was.obstacle == is.obstacle,
            "the meaning of a field", was.first().span);
    require(was.reference.repository_str() == is.reference.repository_str() &&
                was.reference.tag == is.reference.tag,
            "the image", was.first().span);
    field(was.whole, is.whole);
    field(was.name, is.name);
    field(was.tag, is.tag);
    field(was.digest, is.digest);
  }

  /// Whether a scalar says what it should: the same, its edit, or the same with the edits of marked
  /// lines within it, in their order.
  bool is_expected(const YamlTreeNode& was, std::string_view is) const {
    std::vector<const Edit*> within;
    for (const Edit& edit : edits_) {
      const ByteSpan span = edit.field.span;
      if (span.begin < was.span.begin || span.end > was.span.end || is_added(edit)) continue;
      if (span == was.span) return is == edit.text;
      within.push_back(&edit);
    }
    std::string_view old = was.text;
    auto edit = within.begin();
    while (!old.empty()) {
      if (edit != within.end() && old.starts_with((*edit)->field.text) &&
          is.starts_with((*edit)->text) && !old.starts_with((*edit)->text)) {
        old.remove_prefix((*edit)->field.text.size());
        is.remove_prefix((*edit)->text.size());
        ++edit;
      } else if (is.starts_with(old.front())) {
        old.remove_prefix(1);
        is.remove_prefix(1);
      } else {
        return false;
      }
    }
    return is.empty() && edit == within.end();
  }

  void node(const YamlTreeNode& was, const YamlTreeNode& is) {
    require(was.kind == is.kind && was.anchor == is.anchor && was.tag == is.tag, "a value",
            was.span);
    require(is.span.begin == moved(was.span.begin), "a place", was.span);
    require(was.is_scalar() ? is_expected(was, is.text) : is.text == was.text, "a text", was.span);
    require(was.style == is.style || is.text != was.text, "the quotes of a text", was.span);
    if (was.is_mapping()) {
      members(was, is);
    } else {
      nodes(was.items, is.items);
    }
  }

  void nodes(const std::vector<YamlTreeNode>& was, const std::vector<YamlTreeNode>& is) {
    require(was.size() == is.size(), "the number of values",
            was.empty() ? ByteSpan{} : was.front().span);
    for (std::size_t i = 0; i < was.size(); ++i) node(was[i], is[i]);
  }

  /// The members of a mapping, which may have some that were added.
  void members(const YamlTreeNode& was, const YamlTreeNode& is) {
    std::size_t next = 0;
    for (std::size_t i = 0; i < is.items.size(); i += 2) {
      if (is_added_member(is.items[i], is.items[i + 1])) {
        ++added_;
        continue;
      }
      require(next < was.items.size(), "the number of values", was.span);
      node(was.items[next], is.items[i]);
      node(was.items[next + 1], is.items[i + 1]);
      next += 2;
    }
    require(next == was.items.size(), "the number of values", was.span);
  }

  bool is_added_member(const YamlTreeNode& key, const YamlTreeNode& value) const {
    return std::any_of(edits_.begin(), edits_.end(), [&](const Edit& edit) {
      return is_added(edit) && value.span.begin == added_value(edit) && value.is_scalar() &&
             value.text == edit.text && value.anchor.empty() && value.tag.empty() &&
             key.is_scalar() && key.span.begin >= moved_to(edit) && key.text == kAdded;
    });
  }

  /// Where the bytes of an edit begin in the new text.
  std::size_t moved_to(const Edit& edit) const {
    return moved(edit.field.span.end) - written(edit).size();
  }

  const FileText& before_;
  const FileText& after_;
  std::span<const Edit> edits_;
  std::ptrdiff_t added_ = 0;  ///< members that were met and had been added
};

/// Whether a file is YAML that can be read: a template may be none, and then only marked lines of
/// it are edited.
bool is_readable_yaml(const FileText& file, const Found& found) {
  return is_yaml(file) && std::none_of(found.left_alone.begin(), found.left_alone.end(),
                                       [](const LeftAlone& left) { return left.path.empty(); });
}

}  // namespace

void prove_edit(const FileText& before, const FileText& after, std::span<const Edit> edits,
                const workspace::PinSettings& settings) {
  Proof proof(before, after, edits);
  const Found was = find_places(before, settings);
  proof.places(was, find_places(after, settings));
  if (is_readable_yaml(before, was)) proof.tree();
}

}  // namespace stamp::pin
