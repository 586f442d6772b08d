#pragma once

#include <string_view>

namespace stamp::oci {

// Spec: OCI image-spec 1.1 media-types.md; the Docker ones: image manifest version 2, schema 2.
inline constexpr std::string_view kMediaTypeManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kMediaTypeIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kMediaTypeConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kMediaTypeEmpty = "application/vnd.oci.empty.v1+json";
inline constexpr std::string_view kMediaTypeLayer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kMediaTypeLayerGzip =
    "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kMediaTypeLayerZstd =
    "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view kMediaTypeDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kMediaTypeDockerIndex =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kMediaTypeDockerConfig =
    "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view kMediaTypeDockerLayerGzip =
    "application/vnd.docker.image.rootfs.diff.tar.gzip";
inline constexpr std::string_view kMediaTypeDockerLayer =
    "application/vnd.docker.image.rootfs.diff.tar";

/// Whether a blob of this type is an image manifest, OCI's or Docker's.
constexpr bool is_manifest(std::string_view media_type) {
  return media_type == kMediaTypeManifest || media_type == kMediaTypeDockerManifest;
}
/// Whether a blob of this type is an index, OCI's or Docker's.
constexpr bool is_index(std::string_view media_type) {
  return media_type == kMediaTypeIndex || media_type == kMediaTypeDockerIndex;
}
/// Whether a blob of this type is an image's config, OCI's or Docker's.
constexpr bool is_config(std::string_view media_type) {
  return media_type == kMediaTypeConfig || media_type == kMediaTypeDockerConfig;
}

/// How a layer's tar is compressed.
enum class LayerCompression { none, gzip, zstd, unknown };

/// The compression that a layer's media type names; `unknown` for a type that is no layer.
constexpr LayerCompression layer_compression(std::string_view media_type) {
  if (media_type == kMediaTypeLayer || media_type == kMediaTypeDockerLayer) {
    return LayerCompression::none;
  }
  if (media_type == kMediaTypeLayerGzip || media_type == kMediaTypeDockerLayerGzip) {
    return LayerCompression::gzip;
  }
  return media_type == kMediaTypeLayerZstd ? LayerCompression::zstd : LayerCompression::unknown;
}

/// Whether `text` has the form of a media type (RFC 6838 section 4.2).
bool is_media_type(std::string_view text);

}  // namespace stamp::oci
