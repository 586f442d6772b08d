#include <regex>

#include <fmt/core.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/stream.h"
#include "tests/fakes/registry_state.h"

namespace stamp::fakes {
namespace {

HttpReply created(const RegistryCall& call, const std::string& digest) {
  return {.status = 201,
          .fields = {{"location", fmt::format("/v2/{}/blobs/{}", call.repository, digest)},
                     {"docker-content-digest", digest}}};
}

/// The answer that says how far an upload has come.
HttpReply progress(int status, const RegistryState& state, const RegistryOptions& options,
                   const std::string& id) {
  const RegistryState::Upload& upload = state.uploads.at(id);
  // Registries answer "0-0" both for nothing and for one byte.
  const std::size_t last = upload.bytes.empty() ? 0 : upload.bytes.size() - 1;
  HttpReply reply = {
      .status = status,
      .fields = {{"location", fmt::format("/v2/{}/blobs/uploads/{}?_state={}", upload.repository,
                                          id, upload.bytes.size())},
                 {"range", fmt::format("0-{}", last)},
                 {"docker-upload-uuid", id}}};
  if (options.smallest_chunk > 0) {
    reply.fields.emplace_back("oci-chunk-min-length", std::to_string(options.smallest_chunk));
  }
  return reply;
}

HttpReply store(RegistryState& state, const RegistryCall& call, std::string bytes) {
  const std::string digest = call.query.get("digest");
  if (digest.empty() || digest_like(digest, bytes) != digest) {
    return registry_error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  }
  state.repositories[call.repository].blobs[digest] = std::move(bytes);
  return created(call, digest);
}

HttpReply start_upload(RegistryState& state, const RegistryOptions& options,
                       const RegistryCall& call) {
  const std::string mount = call.query.get("mount");
  if (!mount.empty() && options.mounts) {
    const auto from = state.repositories.find(call.query.get("from"));
    if (from != state.repositories.end() && from->second.blobs.contains(mount)) {
      const std::string bytes = from->second.blobs.at(mount);
      state.repositories[call.repository].blobs[mount] = bytes;
      return created(call, mount);
    }
  }
  if (call.query.has("digest")) return store(state, call, call.request.body);
  const std::string id = fmt::format("upload-{}", ++state.uploads_started);
  state.uploads[id] = {.repository = call.repository, .bytes = call.request.body};
  return progress(202, state, options, id);
}

/// Whether the request's chunk begins where the upload ends, and is as long as it says.
bool fits(const RegistryCall& call, const RegistryState::Upload& upload) {
  const std::string range = call.request.field("content-range");
  if (range.empty()) return true;
  static const std::regex form("([0-9]+)-([0-9]+)");
  std::smatch parts;
  if (!std::regex_match(range, parts, form)) return false;
  const std::size_t first = std::stoul(parts[1]);
  const std::size_t last = std::stoul(parts[2]);
  return first == upload.bytes.size() && last >= first &&
         (call.request.body_incomplete || last - first + 1 == call.request.body.size());
}

}  // namespace

HttpReply answer_blobs(RegistryState& state, const RegistryOptions& options,
                       const RegistryCall& call) {
  const std::string& method = call.request.method;
  if (digest_like(call.reference, "").empty()) {
    return registry_error(400, "DIGEST_INVALID", "invalid digest");
  }
  auto& blobs = state.repositories[call.repository].blobs;
  const auto blob = blobs.find(call.reference);
  if (method != "GET" && method != "HEAD" && method != "DELETE") {
    return registry_error(405, "UNSUPPORTED", "the operation is unsupported");
  }
  if (method == "DELETE" && !options.deletes) {
    return registry_error(405, "UNSUPPORTED", "the operation is unsupported");
  }
  if (blob == blobs.end()) {
    return registry_error(404, "BLOB_UNKNOWN", "blob unknown to registry");
  }
  if (method == "DELETE") {
    blobs.erase(blob);
    return {.status = 202};
  }
  HttpReply reply =
      method == "HEAD" ? HttpReply{.body = blob->second} : ranged(call.request, blob->second);
  reply.fields.emplace_back("content-type", "application/octet-stream");
  reply.fields.emplace_back("accept-ranges", "bytes");
  reply.fields.emplace_back("docker-content-digest", call.reference);
  return reply;
}

HttpReply answer_uploads(RegistryState& state, const RegistryOptions& options,
                         const RegistryCall& call) {
  const std::string& method = call.request.method;
  if (call.reference.empty()) {
    return method == "POST" ? start_upload(state, options, call)
                            : registry_error(405, "UNSUPPORTED", "the operation is unsupported");
  }
  const auto found = state.uploads.find(call.reference);
  if (found == state.uploads.end() || found->second.repository != call.repository) {
    return registry_error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  }
  RegistryState::Upload& upload = found->second;
  if (method == "GET") return progress(204, state, options, call.reference);
  if (method == "DELETE") {
    state.uploads.erase(found);
    return {.status = 204};
  }
  if (method != "PATCH" && method != "PUT") {
    return registry_error(405, "UNSUPPORTED", "the operation is unsupported");
  }
  if (!fits(call, upload)) {
    HttpReply reply = progress(416, state, options, call.reference);
    reply.body = registry_error(416, "RANGE_INVALID", "invalid content range").body;
    return reply;
  }
  upload.bytes += call.request.body;
  if (call.request.body_incomplete) return {.none = true};
  if (method == "PATCH") return progress(202, state, options, call.reference);
  std::string bytes = std::move(upload.bytes);
  state.uploads.erase(found);
  return store(state, call, std::move(bytes));
}

}  // namespace stamp::fakes
