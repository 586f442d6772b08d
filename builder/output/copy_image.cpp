#include "builder/output/copy_image.h"

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::build {
namespace {

using Kind = ImagePlace::Kind;

/// Errors: usage, when the destination cannot hold what is asked for.
void check(const CopyRequest& request) {
  if (request.to.kind == Kind::docker_archive && request.referrers == WithReferrers::yes) {
    throw Error(ErrorKind::usage,
                fmt::format("cannot copy referrers to '{}': a docker archive holds images only",
                            request.to.text),
                {.hint = "oci-archive:" + request.to.path.string()});
  }
}

/// Errors: usage, when the destination is another digest.
void check_digest(const ImagePlace& to, const Digest& digest) {
  if (!to.reference.digest || *to.reference.digest == digest) return;
  throw Error(ErrorKind::usage,
              fmt::format("cannot copy to '{}': the image is {}", to.text, digest.str()),
              {.hint = "leave the digest of the destination out, or name the image that has it"});
}

void warn_of_foreign(const ImageTree& tree, Progress& progress) {
  for (const oci::Descriptor& layer : tree.foreign) {
    progress.warn(fmt::format(
        "layer {} is not copied: its type says that only its own server may give it out",
        layer.digest.brief()));
  }
}

WrittenImage write(const ImageTree& tree, ImageReader& from, const CopyRequest& request,
                   const CopyTools& tools) {
  switch (request.to.kind) {
    case Kind::layout:
      return write_to_layout(tree, from, request.to, tools);
    case Kind::oci_archive:
      return write_to_oci_archive(tree, from, request.to, tools);
    case Kind::docker_archive:
      return write_to_docker_archive(tree, from, request.to, tools);
    case Kind::registry:
      break;
  }
  return write_to_registry(tree, from, request.from, request.to, tools);
}

}  // namespace

CopiedImage copy_image(const CopyRequest& request, const CopyTools& tools) {
  check(request);
  const std::string doing = fmt::format("copying '{}' to '{}'", request.from.text, request.to.text);
  return during(doing, [&] {
    const std::uint64_t requests_before = tools.client.traffic().requests;
    const std::unique_ptr<ImageReader> from = open_image(request.from, tools.client, tools.scratch);
    const TreeTop top =
        choose_top(*from, request.platform,
                   request.to.kind == Kind::docker_archive ? Platforms::one : Platforms::any);
    CopiedImage copied{.image = top.descriptor};
    check_digest(request.to, top.descriptor.digest);
    // What is named is whole: tags are written last.
    const bool named = request.to.kind == Kind::registry &&
                       registry_names(request.to, top.descriptor.digest, tools.client);
    if (named && request.referrers == WithReferrers::no) {
      copied.written.unchanged = true;
    } else {
      const ImageTree tree = read_tree(*from, top, request.referrers);
      warn_of_foreign(tree, tools.progress);
      copied.written.unchanged = named && tree.referrers.empty();
      if (!copied.written.unchanged) copied.written = write(tree, *from, request, tools);
      copied.referrers = tree.referrers;
    }
    copied.requests = tools.client.traffic().requests - requests_before;
    return copied;
  });
}

}  // namespace stamp::build
