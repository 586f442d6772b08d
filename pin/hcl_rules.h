#pragma once
// Which texts of an HCL file are references to images.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pin/hcl_scanner.h"
#include "pin/place.h"

namespace stamp::pin {

/// Where something stands in an HCL file.
struct HclContext {
  std::string path;                ///< of the block or object: "resource.docker_container.web"
  bool of_machines = false;        ///< in a block whose images are those of machines' disks
  bool of_containers = false;      ///< in one whose images are those of containers
  bool named_by_name = false;      ///< a docker_image: `name` is the reference
  bool list_of_images = false;     ///< below `images` or `*_images`: each text is one
  std::string default_stands_for;  ///< in a variable: its name

  /// That of a block in it, with its labels.
  HclContext block(std::string_view type, const std::vector<std::string>& labels) const;
  /// That of the value of `key` in it.
  HclContext value(std::string_view key) const;
  /// That of item `index` of a list that is the value.
  HclContext item(std::size_t index) const;
};

/// The attributes of a block, or of an object, that have nothing but a quoted text as value.
struct HclAttributes {
  std::map<std::string, HclString, std::less<>> texts;
  std::set<std::string, std::less<>> expressions;  ///< the keys of all others
};

/// Adds what a block's or an object's attributes refer to. `kind` is that of the places.
void find_in_attributes(const std::string& kind, const HclContext& context,
                        const HclAttributes& attributes, Found& found);

/// Adds the reference that an item of a list is, if it is one.
void find_in_item(const std::string& kind, const HclContext& context, const HclString& text,
                  Found& found);

}  // namespace stamp::pin
