#include "pin/image_lock.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"
#include "base/yaml_tree.h"

namespace stamp::pin {
namespace {

constexpr std::string_view kKbldVersion = "kbld.k14s.io/v1alpha1";
constexpr std::string_view kImgpkgVersion = "imgpkg.carvel.dev/v1alpha1";
constexpr std::string_view kKbldId = "kbld.carvel.dev/id";

/// An image with the byte of the lock where it stands.
struct Entry {
  LockedImage image;
  std::size_t at = 0;
};

class LockReader final {
 public:
  explicit LockReader(const FileText& file) : file_(file) {}

  std::vector<LockedImage> read() {
    const YamlTree tree = YamlTree::parse(file_.name, file_.text);
    bool any = false;
    for (const YamlTreeNode& document : tree.documents()) {
      any = read_document(document) || any;
    }
    if (!any) refuse(0, "this is neither a lock of kbld nor one of imgpkg");
    std::ranges::stable_sort(entries_, {}, &Entry::image);
    std::vector<LockedImage> images;
    for (Entry& entry : entries_) {
      const bool asked_before = !images.empty() && images.back().asked == entry.image.asked;
      if (asked_before && images.back().locked == entry.image.locked) continue;
      if (asked_before) {
        refuse(entry.at, fmt::format("this is the second answer to '{}'", entry.image.asked));
      }
      images.push_back(std::move(entry.image));
    }
    return images;
  }

 private:
  [[noreturn]] void refuse(std::size_t offset, std::string message) const {
    throw Error(ErrorKind::invalid,
                render(problem_at(file_.name, file_.text, position_at(file_.text, offset),
                                  std::move(message))));
  }

  bool read_document(const YamlTreeNode& document) {
    const std::string_view version = document.text_of("apiVersion");
    const std::string_view kind = document.text_of("kind");
    if (version == kKbldVersion && (kind == "Config" || kind == "ImageOverrides")) {
      for (const YamlTreeNode& item : items_of(document, "overrides")) read_override(item);
      return true;
    }
    if (version != kImgpkgVersion || kind != "ImagesLock") return false;
    for (const YamlTreeNode& item : items_of(document, "images")) read_image(item);
    return true;
  }

  std::span<const YamlTreeNode> items_of(const YamlTreeNode& document, std::string_view key) const {
    const YamlTreeNode* const list = document.find(key);
    if (list == nullptr) return {};
    if (!list->is_sequence()) refuse(list->span.begin, fmt::format("'{}' is no list", key));
    return list->items;
  }

  void read_override(const YamlTreeNode& item) {
    const YamlTreeNode& locked = text_in(item, "newImage");
    if (item.text_of("image").empty() || locked.text.find('@') == std::string::npos) return;
    add(std::string(item.text_of("image")), locked);
  }

  void read_image(const YamlTreeNode& item) {
    const YamlTreeNode& locked = text_in(item, "image");
    const YamlTreeNode* const annotations = item.find("annotations");
    const std::string_view id = annotations == nullptr ? "" : annotations->text_of(kKbldId);
    add(id.empty() ? locked.text : std::string(id), locked);
  }

  const YamlTreeNode& text_in(const YamlTreeNode& item, std::string_view key) const {
    const YamlTreeNode* const value = item.find(key);
    if (value != nullptr && value->is_scalar()) return *value;
    const YamlTreeNode& at = value != nullptr || item.items.empty() ? item : item.items.front();
    refuse(at.span.begin, fmt::format("a text '{}' is missing here", key));
  }

  void add(std::string asked, const YamlTreeNode& locked) {
    std::optional<oci::Reference> reference = read_reference(locked.text);
    if (!reference || !reference->digest) {
      refuse(locked.span.begin, fmt::format("'{}' is no reference to an image with a digest",
                                            printable(locked.text, 300)));
    }
    entries_.push_back({{std::move(asked), *std::move(reference)}, locked.span.begin});
  }

  const FileText& file_;
  std::vector<Entry> entries_;
};

/// A text as a YAML scalar: plain where no reader could take it for something else.
std::string scalar(const std::string& text) {
  const bool plain = !text.empty() &&
                     ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z')) &&
                     text.find('/') != std::string::npos && text.back() != ':' &&
                     text.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                         "._/:@-") == std::string::npos;
  return plain ? text : Json(text).dump(-1, ' ', true);
}

}  // namespace

std::vector<LockedImage> read_image_lock(const FileText& file) {
  return LockReader(file).read();
}

std::string image_lock_text(ImageLockKind kind, std::vector<LockedImage> images) {
  std::ranges::sort(images);
  images.erase(std::unique(images.begin(), images.end()), images.end());
  const bool kbld = kind == ImageLockKind::kbld;
  std::string out = kbld ? fmt::format("apiVersion: {}\nkind: Config\n", kKbldVersion)
                         : fmt::format("---\napiVersion: {}\n", kImgpkgVersion);
  if (!images.empty()) out += kbld ? "overrides:\n" : "images:\n";
  const LockedImage* before = nullptr;
  for (const LockedImage& image : images) {
    const std::string asked = scalar(image.asked);
    if (!image.locked.digest) {
      throw Error(ErrorKind::invalid,
                  fmt::format("cannot lock the image '{}': it has no digest", image.locked.str()));
    }
    if (before != nullptr && before->asked == image.asked) {
      throw Error(ErrorKind::invalid,
                  fmt::format("cannot lock the image '{}': it is both {} and {}", image.asked,
                              before->locked.str(), image.locked.str()));
    }
    const std::string locked = scalar(image.locked.str());
    out += kbld ? fmt::format("- image: {}\n  newImage: {}\n  preresolved: true\n", asked, locked)
                : fmt::format("- annotations:\n    {}: {}\n  image: {}\n", kKbldId, asked, locked);
    before = &image;
  }
  if (!kbld) out += "kind: ImagesLock\n";
  return out;
}

}  // namespace stamp::pin
