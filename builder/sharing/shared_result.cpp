#include "builder/sharing/shared_result.h"

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "oci/json_field.h"
#include "oci/manifest.h"
#include "oci/media_type.h"

namespace stamp::build {
namespace {

constexpr std::string_view kTagBegin = "r1-";
constexpr std::size_t kSignerDigits = 32;
constexpr std::uint64_t kRecordFormat = 1;
// What is signed says what it is, so that no other text that the key signs can be taken for it.
constexpr std::string_view kRecordKind = "stamp-step-result";

constexpr std::string_view kRecordAnnotation = "vnd.stamp.step-result.record";
constexpr std::string_view kSignatureAnnotation = "vnd.stamp.step-result.signature";
constexpr std::string_view kBlobType = "application/octet-stream";

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// The text that is signed.
std::string record_of(const Digest& step, const cache::Result& result, const std::string& program) {
  Json outputs = Json::array();
  for (const cache::Output& output : result.outputs) {
    outputs.push_back(
        {{"name", output.name}, {"digest", output.blob.digest.str()}, {"size", output.blob.size}});
  }
  return canonical_json({{"format", kRecordFormat},
                         {"kind", kRecordKind},
                         {"key", step.str()},
                         {"note", result.note},
                         {"outputs", std::move(outputs)},
                         {"program", program}});
}

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::corrupt, why);
}

/// Refuses a digest with two sizes: only one of them would be verified, and a cache takes a blob
/// that has not the size that a result says for damaged.
void check_sizes(const cache::Result& result) {
  std::map<Digest, std::uint64_t> sizes = {{Digest::of(""), 0}};
  for (const cache::Output& output : result.outputs) {
    const auto [known, is_new] = sizes.emplace(output.blob.digest, output.blob.size);
    const bool is_empty = output.blob.digest == Digest::of("");
    if (known->second != output.blob.size || (output.blob.size == 0 && !is_empty)) {
      refuse(fmt::format("it says a wrong size of its blob {}", output.blob.digest.str()));
    }
  }
}

cache::Result read_record(const oci::JsonFieldView& record, const Digest& key) {
  if (record.required("kind").text() != kRecordKind) refuse("its record is of another kind");
  const std::uint64_t format = record.required("format").size();
  if (format != kRecordFormat) {
    refuse(
        fmt::format("its record has format {}, and this program reads {}", format, kRecordFormat));
  }
  if (record.required("key").digest() != key) refuse("it is the result of another step");
  cache::Result result;
  result.note = record.required("note").text();
  for (const oci::JsonFieldView& item : record.required("outputs").items()) {
    cache::Output output;
    output.name = item.required("name").text();
    output.blob.digest = item.required("digest").digest();
    output.blob.size = item.required("size").size();
    result.outputs.push_back(std::move(output));
  }
  check_sizes(result);
  return result;
}

}  // namespace

std::string SharedTag::str() const {
  return fmt::format("{}{}-{}", kTagBegin, key.hex(), signer);
}

std::optional<SharedTag> SharedTag::parse(std::string_view tag) {
  constexpr std::size_t kKeyDigits = 64;
  if (!tag.starts_with(kTagBegin)) return std::nullopt;
  tag.remove_prefix(kTagBegin.size());
  if (tag.size() <= kKeyDigits + 1 || tag[kKeyDigits] != '-') return std::nullopt;
  const std::string_view key = tag.substr(0, kKeyDigits);
  const std::string_view signer = tag.substr(kKeyDigits + 1);
  const bool known = signer == kUnsigned || (signer.size() == kSignerDigits && is_hex(signer));
  if (!is_hex(key) || !known) return std::nullopt;
  return SharedTag{Digest::parse_hex(key), std::string(signer)};
}

std::string signer_name(const VerifyingKey& key) {
  return key.fingerprint().hex().substr(0, kSignerDigits);
}

std::string ResultSigner::name() const {
  return key == nullptr ? std::string(kUnsigned) : signer_name(key->verifying_key());
}

registry::Traffic difference(registry::Traffic now, const registry::Traffic& before) {
  now.requests -= before.requests;
  now.bytes_sent -= before.bytes_sent;
  now.bytes_received -= before.bytes_received;
  return now;
}

std::vector<cache::Blob> blobs_of(const cache::Result& result) {
  std::vector<cache::Blob> blobs;
  std::set<Digest> known;
  for (const cache::Output& output : result.outputs) {
    // Some registries take no empty blobs, and everybody knows what is in them.
    if (output.blob.size > 0 && known.insert(output.blob.digest).second) {
      blobs.push_back(output.blob);
    }
  }
  return blobs;
}

registry::ManifestText shared_manifest(const Digest& step, const cache::Result& result,
                                       const ResultSigner& signer) {
  oci::Manifest manifest;
  manifest.artifact_type = kSharedResultType;
  manifest.config.media_type = oci::kMediaTypeEmpty;
  manifest.config.digest = Digest::of(kEmptyConfig);
  manifest.config.size = kEmptyConfig.size();
  for (const cache::Blob& blob : blobs_of(result)) {
    oci::Descriptor layer;
    layer.media_type = kBlobType;
    layer.digest = blob.digest;
    layer.size = blob.size;
    manifest.layers.push_back(std::move(layer));
  }
  std::string record = record_of(step, result, signer.program);
  if (signer.key != nullptr) {
    manifest.annotations[std::string(kSignatureAnnotation)] = to_base64(signer.key->sign(record));
  }
  manifest.annotations[std::string(kRecordAnnotation)] = std::move(record);
  return {manifest.media_type, manifest.serialize()};
}

cache::Result read_shared_manifest(const registry::ManifestText& manifest, const Digest& key,
                                   const VerifyingKey* signer) {
  return during("reading its manifest", ErrorKind::corrupt, [&] {
    const oci::Manifest parsed = oci::Manifest::parse(manifest.text);
    const auto record = parsed.annotations.find(std::string(kRecordAnnotation));
    if (parsed.artifact_type != kSharedResultType || record == parsed.annotations.end()) {
      refuse("it is no result of a step");
    }
    if (signer != nullptr) {
      const auto signature = parsed.annotations.find(std::string(kSignatureAnnotation));
      if (signature == parsed.annotations.end()) refuse("it has no signature");
      if (!signer->verify(record->second, from_base64(signature->second))) {
        refuse(fmt::format("its signature is not one of the key {}", signer_name(*signer)));
      }
    }
    return read_shared_record(record->second, key);
  });
}

cache::Result read_shared_record(std::string_view record, const Digest& key) {
  return oci::read_document(record, "record", [&](const oci::JsonFieldView& document) {
    return read_record(document, key);
  });
}

}  // namespace stamp::build
