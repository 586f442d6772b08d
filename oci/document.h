#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "oci/descriptor.h"
#include "oci/media_type.h"

namespace stamp::oci {

/// A manifest, index or config together with its exact bytes, which alone decide its digest: what
/// stamp did not write is never serialised again.
template <typename T>
class Document {
 public:
  /// The canonical document of a value.
  static Document of(T value) {
    std::string text = value.serialize();
    return Document(std::move(value), std::move(text));
  }
  /// What was read. Errors: invalid.
  static Document parse(std::string text) {
    T value = T::parse(text);
    return Document(std::move(value), std::move(text));
  }
  /// What a descriptor of type `media_type` points to. Errors: invalid, also when the text says
  /// that it is of another type. (Not for configs, which do not name their type.)
  static Document parse(std::string text, std::string_view media_type) {
    Document document = parse(std::move(text));
    if (document.value_.media_type != media_type) {
      throw Error(ErrorKind::invalid, "cannot read '" + document.digest_.brief() +
                                          "': mediaType: it is '" + document.value_.media_type +
                                          "' but was announced as '" + std::string(media_type) +
                                          "'");
    }
    return document;
  }

  const T& value() const { return value_; }
  const std::string& text() const { return text_; }
  const Digest& digest() const { return digest_; }
  std::uint64_t size() const { return text_.size(); }
  /// Points to these bytes.
  Descriptor descriptor(std::string_view media_type) const {
    Descriptor descriptor;
    descriptor.media_type = media_type;
    descriptor.digest = digest_;
    descriptor.size = text_.size();
    return descriptor;
  }

 private:
  Document(T value, std::string text)
      : value_(std::move(value)), text_(std::move(text)), digest_(Digest::of(text_)) {}
  T value_;
  std::string text_;
  Digest digest_;
};

}  // namespace stamp::oci
