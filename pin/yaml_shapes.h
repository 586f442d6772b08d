#pragma once
// What references look like in a node of YAML, for each sort of node.

#include "pin/yaml_places.h"

namespace stamp::pin {

/// The images of a PodSpec: of containers of the three sorts, of volumes, in arguments and in
/// variables whose name ends in "_IMAGE".
void find_in_pod(YamlPlaces& places, const Spot& pod);
/// An item of kustomize's `images`.
void find_renamed(YamlPlaces& places, const Spot& image);
/// `spec` of Flux's OCIRepository.
void find_in_oci_repository(YamlPlaces& places, const Spot& spec);
/// An operation of a JSON patch: `value`, when `path` ends in "/image" and it is not removed.
void find_in_patch(YamlPlaces& places, const Spot& operation);
/// Helm values: any mapping in any depth that has the form of an image.
void find_in_values(YamlPlaces& places, const Spot& values);
/// What a user's path leads to: a reference, or a mapping with its parts.
void find_declared(YamlPlaces& places, const Spot& spot);

}  // namespace stamp::pin
