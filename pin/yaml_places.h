#pragma once
// Collects the places of a YAML document: what its scalars say, and whether they may be changed.

#include <optional>
#include <string>
#include <string_view>

#include "pin/find.h"
#include "pin/yaml_walk.h"

namespace stamp::pin {

/// How sure it is that a scalar is a reference, and what may stand before it.
enum class Role {
  reference,  ///< the path says so: "registry.example/app:1"
  docker,     ///< only what begins with "docker://"
  option,     ///< an argument: "--sidecar-image=registry.example/app:1", with tag or digest
  hint,       ///< a key that only sounds like it: with tag or digest
  declared,   ///< the user says so, with "--option=", "NAME=" or a scheme before it
};

/// The fields of a reference that is written in parts.
struct Parts {
  Spot at;  ///< the mapping
  Spot registry;
  Spot name;
  Spot tag;
  Spot digest;
  std::optional<Field> new_digest;  ///< where there is no `digest`, and could be one
  std::string_view suffix;          ///< what the chart appends to the name
  std::string obstacle;             ///< why it must not be changed, as far as the caller knows
  std::string note;
};

/// The places of one document, for one rule.
class YamlPlaces {
 public:
  /// `kind` is what places say. All must outlive this.
  YamlPlaces(YamlWalk& walk, std::string_view kind, const FileText& file, Found& found)
      : walk_(walk), kind_(kind), file_(file), format_(format_of(file.name)), found_(found) {}

  YamlWalk& walk() { return walk_; }
  const FileText& file() const { return file_; }

  /// A scalar that is a reference as a whole, if it is one. A template is a place as far as it
  /// tells which repository it is about, else left alone.
  void add(const Spot& spot, Role role);
  /// A reference in parts, if they make one.
  void add(const Parts& parts);

 private:
  Field field_of(const Spot& spot);
  /// A field that a digest or tag can be written to; nothing when nothing is written there.
  std::optional<Field> part_of(const Spot& spot);
  std::string obstacle_of(const Spot& spot);
  void add_template(const Spot& spot, std::size_t before);
  void leave_alone(const Spot& spot, std::size_t at);
  std::string obstacle_of(const Parts& parts, const Place& place);

  YamlWalk& walk_;
  std::string_view kind_;
  const FileText& file_;
  Format format_;
  Found& found_;
};

/// Whether a text is filled in by something else before anybody reads it: "{{ … }}", "${…}".
bool is_template(std::string_view text);

}  // namespace stamp::pin
