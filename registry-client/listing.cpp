#include "registry-client/listing.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"
#include "oci/index.h"
#include "oci/media_type.h"
#include "oci/reference.h"
#include "oci/referrers_tag.h"
#include "registry-client/link.h"
#include "registry-client/manifest_text.h"
#include "registry-client/retry.h"

namespace stamp::registry {
namespace {

constexpr std::uint64_t kMaxPage = std::uint64_t{4} << 20U;
constexpr std::size_t kMaxPages = 10'000;
constexpr std::size_t kMaxTags = 1'000'000;
constexpr int kMaxRaces = 20;

Error wrong(const Call& call, const Answer& answer, std::string_view problem) {
  return Error(ErrorKind::corrupt, fmt::format("cannot {}: {}", call.what, problem),
               {.input = answer.from.url.redacted()});
}

/// Where the next page is, or nothing after the last.
std::optional<Target> next_page(const Call& call, const Answer& answer) {
  // There may be several fields, for links of several relations.
  for (const Header& header : answer.head.headers) {
    if (header.name != "link") continue;
    const std::optional<std::string> next = parse_next_link(header.value);
    if (!next) continue;
    Target target = pointed_to(answer.from, answer.head, *next);
    // A list is in one place: a link elsewhere would only make this machine ask there.
    if (!target.url.same_origin(answer.from.url)) {
      throw Error(ErrorKind::denied,
                  fmt::format("cannot {}: its next page is on another server, {}", call.what,
                              target.url.redacted()),
                  {.input = answer.from.url.redacted()});
    }
    return target;
  }
  return std::nullopt;
}

/// Called with each page; false ends the list early.
using TakePage = std::function<bool(const Answer&)>;

void read_pages(const RepositoryEndpoint& at, Call call, const TakePage& take) {
  std::set<std::string> seen;
  for (std::size_t pages = 0; pages < kMaxPages; ++pages) {
    const Answer answer = at.session().send(call);
    if (!take(answer)) return;
    const std::optional<Target> next = next_page(call, answer);
    if (!next) return;
    if (!seen.insert(next->url.str()).second) {
      throw wrong(call, answer, "its pages go in a circle");
    }
    call.target = *next;
  }
  throw Error(ErrorKind::corrupt,
              fmt::format("cannot {}: it has more than {} pages", call.what, kMaxPages));
}

void take_tags(const Call& call, const Answer& answer, std::vector<std::string>& tags) {
  if (answer.cut) throw wrong(call, answer, fmt::format("a page has more than {} bytes", kMaxPage));
  const Json page = during(fmt::format("trying to {}", call.what), ErrorKind::corrupt,
                           [&] { return parse_json(answer.text); });
  if (!page.is_object()) throw wrong(call, answer, "the answer is no object");
  const auto list = page.find("tags");
  if (list == page.end() || list->is_null()) return;
  if (!list->is_array()) throw wrong(call, answer, "tags: it must be a list");
  for (const Json& tag : *list) {
    if (!tag.is_string() || !oci::is_tag(tag.get_ref<const std::string&>())) {
      throw wrong(call, answer,
                  fmt::format("tags: {} is no tag", printable(tag.dump(-1, ' ', true), 140)));
    }
    if (tags.size() == kMaxTags) {
      throw wrong(call, answer, fmt::format("there are more than {} tags", kMaxTags));
    }
    tags.push_back(tag.get<std::string>());
  }
}

/// The tag that stands for the referrers of a manifest where the registry knows none.
ManifestName referrers_tag(const Digest& subject) {
  return ManifestName::of_tag(oci::referrers_tag(subject));
}

/// The index at a fallback tag; an empty one when there is none.
struct FallbackIndex {
  oci::Index index;
  std::string etag;
  bool exists = false;
};

FallbackIndex fetch_fallback(const RepositoryEndpoint& at, const Digest& subject) {
  const ManifestName name = referrers_tag(subject);
  const std::optional<FetchedManifest> fetched = fetch_manifest(at, name);
  if (!fetched) return {};
  return during(fmt::format("reading {} of {}", name.str(), at.str()), ErrorKind::corrupt, [&] {
    return FallbackIndex{
        .index = oci::Index::parse(fetched->manifest.text), .etag = fetched->etag, .exists = true};
  });
}

bool lists(const oci::Index& index, const Digest& referrer) {
  return std::ranges::any_of(index.manifests, [&](const oci::Descriptor& descriptor) {
    return descriptor.digest == referrer;
  });
}

void append_matching(const std::vector<oci::Descriptor>& from, std::string_view artifact_type,
                     std::vector<oci::Descriptor>& to) {
  for (const oci::Descriptor& descriptor : from) {
    if (artifact_type.empty() || descriptor.artifact_type == artifact_type) {
      to.push_back(descriptor);
    }
  }
}

/// Whether an answer says that the registry has no list of referrers: what does not know the
/// request, and web servers that show a page for everything.
bool knows_no_referrers(const Answer& answer) {
  const int status = answer.head.status;
  if (status == 404 || status == 400 || status == 405 || status == 406 || status == 501)
    return true;
  if (status != 200) return false;
  const std::string* type = answer.head.header("content-type");
  return type != nullptr && type->starts_with("text/html");
}

}  // namespace

std::optional<std::vector<std::string>> list_tags(const RepositoryEndpoint& at) {
  Call call = {.what = fmt::format("list the tags of {}", at.str()),
               .target = at.at("/tags/list", "n=1000"),
               .rights = at.rights(),
               .text_limit = kMaxPage};
  std::optional<std::vector<std::string>> tags;
  read_pages(at, call, [&](const Answer& answer) {
    if (answer.head.status == 404 && !tags) return false;
    if (answer.head.status != 200) throw at.session().failure(call, answer);
    if (!tags) tags.emplace();
    take_tags(call, answer, *tags);
    return true;
  });
  return tags;
}

std::vector<oci::Descriptor> list_referrers(const RepositoryEndpoint& at, const Digest& subject,
                                            std::string_view artifact_type) {
  // Filtering is left to this side: not every registry does it, and not all say so.
  Call call = {.what = fmt::format("list the referrers of '{}' in {}", subject.brief(), at.str()),
               .target = at.at("/referrers/" + subject.str()),
               .headers = {{"Accept", std::string(oci::kMediaTypeIndex)}},
               .rights = at.rights(),
               .text_limit = kMaxPage};
  std::vector<oci::Descriptor> found;
  bool unknown = false;
  bool first = true;
  read_pages(at, call, [&](const Answer& answer) {
    if (first && knows_no_referrers(answer)) {
      unknown = true;
      return false;
    }
    first = false;
    if (answer.head.status != 200) throw at.session().failure(call, answer);
    if (answer.cut) {
      throw wrong(call, answer, fmt::format("a page has more than {} bytes", kMaxPage));
    }
    const oci::Index page = during(fmt::format("trying to {}", call.what), ErrorKind::corrupt,
                                   [&] { return oci::Index::parse(answer.text); });
    append_matching(page.manifests, artifact_type, found);
    return true;
  });
  if (unknown) append_matching(fetch_fallback(at, subject).index.manifests, artifact_type, found);
  return found;
}

void add_to_referrers_tag(const RepositoryEndpoint& at, const Digest& subject,
                          const oci::Descriptor& referrer) {
  const RetryOptions& retry = at.session().retry();
  const ManifestName name = referrers_tag(subject);
  for (int race = 0; race < kMaxRaces; ++race) {
    if (race > 0) retry.wait(with_jitter(retry.first_wait / 4, Jitter::both_ways));
    FallbackIndex now = fetch_fallback(at, subject);
    if (lists(now.index, referrer.digest)) return;
    now.index.manifests.push_back(referrer);
    Condition condition;
    if (now.exists) {
      condition.if_match = now.etag;
    } else {
      condition.if_none_match = "*";
    }
    const ManifestText text = {.media_type = std::string(oci::kMediaTypeIndex),
                               .text = now.index.serialize()};
    const StoreResult stored = store_manifest(at, name, text, condition);
    if (stored.condition_failed) continue;
    if (!stored.pushed.missing.empty()) {
      throw Error(ErrorKind::network,
                  fmt::format("cannot push {} to {}: the registry lacks '{}', which it lists",
                              name.str(), at.str(), stored.pushed.missing.front().brief()));
    }
    // A registry that takes no notice of conditions may have lost it to another writer, who read
    // before this one wrote: look now, and once more when such a one has written, too.
    if (!lists(fetch_fallback(at, subject).index, referrer.digest)) continue;
    retry.wait(with_jitter(retry.first_wait, Jitter::both_ways));
    if (lists(fetch_fallback(at, subject).index, referrer.digest)) return;
  }
  throw Error(ErrorKind::network,
              fmt::format("cannot add '{}' to {} of {}: others write it all the time",
                          referrer.digest.brief(), name.str(), at.str()),
              {.hint = "run it again"});
}

}  // namespace stamp::registry
