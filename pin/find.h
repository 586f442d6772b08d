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

/// The format of a file: .yaml, .yml and Kustomization; .json; .tf, .tfvars and .hcl; Quadlet's
/// .container, .image, .pod, .volume, .kube and .build, and systemd's .service; all else is text.
Format format_of(std::string_view file);

/// A file as it was read.
struct FileText {
  std::string name;  ///< as the user would name it
  std::string text;
};

/// All references of a file, each place once, by position. Text that is marked ("# stamp:pin") is
/// found in every format. A file that is a template instead of YAML, or a .json that is no
/// JSON, is left alone, but for its marked text. Errors: invalid, with line and caret (not YAML; a
/// marker that names nothing; a marked line without a reference).
Found find_places(const FileText& file, const workspace::PinSettings& settings);

/// The parts of find_places(), for one format each: in any order, and a place may be there twice.
Found find_in_yaml(const FileText& file, const workspace::PinSettings& settings);

/// What HCL refers to (Terraform, OpenTofu, Nomad). Only a value that is one quoted text counts:
/// - the attribute or key `image` or `*_image`; a text of one word only in a resource of docker_,
///   kubernetes_ or podman_; `image_*` and what is in the list or object `images` or `*_images`
///   only when there is a "/" in the text;
/// - `default` of a variable, as its name says; `name` of the resource docker_image and of the data
///   sources docker_image and docker_registry_image;
/// - `repository` with `tag`, `digest` or both in one block or object, with or without `registry`;
///   or `image` as repository beside `registry`.
/// Resources whose images are those of virtual machines have none. Heredocs are left alone.
/// Errors: invalid (no HCL).
Found find_in_hcl(const FileText& file);

/// What Podman's units refer to: `Image=` of [Container], [Image] and [Volume], on one line. Names
/// of other units (".image", ".build") are none, and a service's commands are found by markers.
Found find_in_unit(const FileText& file);

/// Lines with the marker comment, or below one. Spec: docs/formats.md section "Markers".
Found find_marked(const FileText& file);

/// The reference that a text is as a whole, or nothing: a file may say anything where a reference
/// belongs.
std::optional<oci::Reference> read_reference(std::string_view text);

}  // namespace stamp::pin
