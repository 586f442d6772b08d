#pragma once
// Where a file refers to images. What is looked at is decided by the file's format, by the kind of
// the document and by the path in it, never by what a text looks like alone.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pin/place.h"
#include "workspace/pin_settings.h"

namespace stamp::pin {

/// What a file is, by its name.
enum class Format { yaml, json, hcl, unit, text };

/// The format of a file: .yaml and .yml; .json; .tf, .tfvars and .hcl; Quadlet's .container,
/// .image, .pod, .volume, .kube and .build, and systemd's .service; all else is text.
Format format_of(std::string_view file);

/// A file as it was read.
struct FileText {
  std::string name;  ///< as the user would name it
  std::string text;
};

/// All references of a file, each place once, by position. Text that is marked ("# stamp:pin") is
/// found in every format. A file that is a template instead of YAML is left alone, but for its
/// marked text. Errors: invalid, with line and caret (not YAML; a marker that names nothing; a
/// marked line without a reference).
Found find_places(const FileText& file, const workspace::PinSettings& settings);

/// The parts of find_places(), for one format each.
Found find_in_yaml(const FileText& file, const workspace::PinSettings& settings);
Found find_in_hcl(const FileText& file);
Found find_in_unit(const FileText& file);
/// Lines with the marker comment, or below one. Spec: docs/formats.md section "Markers".
Found find_marked(const FileText& file);

/// The reference that a text is as a whole, or nothing: a file may say anything where a reference
/// belongs.
std::optional<oci::Reference> read_reference(std::string_view text);

}  // namespace stamp::pin
