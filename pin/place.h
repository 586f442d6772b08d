#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml_tree.h"
#include "oci/reference.h"

namespace stamp::pin {

/// How a file writes a text, which decides what a new text looks like there.
enum class Notation {
  yaml_plain,
  yaml_single_quoted,
  yaml_double_quoted,
  json,  ///< also a double-quoted YAML text of a JSON file
  hcl,   ///< a quoted template of HCL
  bare,  ///< the bytes are the text: units, shell, marked lines
};

/// Bytes of a file that hold a text.
struct Field {
  ByteSpan span;  ///< with quotes
  Notation notation = Notation::bare;
  std::string text;  ///< what they say
  /// Of a field that is not there yet, whose span is empty: what has to stand before its text.
  std::string lead = {};

  friend bool operator==(const Field&, const Field&) = default;
};

/// The obstacle of a place that a program computes before anybody uses it: nothing is wrong with
/// it, and it is left alone.
inline constexpr std::string_view kTemplate = "a template";

/// A reference to an image in a file. It is kept in one field, or its parts are in several:
/// `whole`, or `name` with `tag`, `digest` or both.
struct Place {
  std::string kind;  ///< what the rule is for: "Deployment", "Helm values", "Terraform", "marker"
  std::string path;  ///< "spec.template.spec.containers[0].image"; of several documents "2:spec…"
  oci::Reference reference;  ///< what the fields say together
  std::optional<Field> whole;
  std::size_t before = 0;       ///< bytes of whole->text before the reference ("docker://")
  std::size_t after = 0;        ///< and after it
  std::optional<Field> name;    ///< never changed
  std::optional<Field> tag;     ///< holds "TAG" or "TAG@sha256:…"
  std::optional<Field> digest;  ///< holds "sha256:…", or 64 digits when `bare_digest`
  bool bare_digest = false;     ///< as Grafana's `sha`
  /// Why it must not be changed: "a template", "an alias of another place"; empty when it may.
  std::string obstacle;
  /// What else somebody should know: "useDigest is false: the digest is not used"; mostly empty.
  std::string note;

  /// The field that a user would look at first.
  const Field& first() const { return whole ? *whole : *name; }
};

/// Something that stands where a reference belongs and cannot be read as one.
struct LeftAlone {
  std::string path;    ///< as a Place's; empty: the whole file
  std::size_t at = 0;  ///< the byte where it starts
  std::string reason;  ///< "a template"

  friend bool operator==(const LeftAlone&, const LeftAlone&) = default;
};

/// What a file holds.
struct Found {
  std::vector<Place> places;  ///< by position; no two share a byte that may change
  std::vector<LeftAlone> left_alone;
};

}  // namespace stamp::pin
