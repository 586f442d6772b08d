#include "builder/sharing/shared_pull.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/guarded.h"
#include "base/pool.h"
#include "builder/inputs/pull_blob.h"
#include "builder/sharing/shared_check.h"
#include "builder/store/flush_at_end.h"
#include "builder/store/layer_store.h"

namespace stamp::build {
namespace {

/// After so many bytes of blobs what is here is made durable, so that a pull that is killed need
/// not fetch it again.
constexpr std::uint64_t kBytesPerFlush = 64U << 20U;

/// Runs `body`, and returns what is wrong with what it got; other errors concern all and go on.
template <typename Body>
std::optional<std::string> problem_of(Body&& body) {
  try {
    body();
    return std::nullopt;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt) throw;
    return error.headline();
  }
}

/// Who offers what.
class Offers {
 public:
  explicit Offers(const std::vector<std::string>& tags) {
    for (const std::string& tag : tags) {
      std::optional<SharedTag> parsed = SharedTag::parse(tag);
      if (parsed) signers_[parsed->key].insert(std::move(parsed->signer));
    }
  }

  /// Who offers a result of this step; nobody: empty.
  std::set<std::string> signers(const Digest& key) const {
    const auto found = signers_.find(key);
    return found == signers_.end() ? std::set<std::string>() : found->second;
  }
  bool has(const SharedTag& tag) const {
    const auto found = signers_.find(tag.key);
    return found != signers_.end() && found->second.count(tag.signer) != 0;
  }
  void remove(const SharedTag& tag) { signers_[tag.key].erase(tag.signer); }

 private:
  std::map<Digest, std::set<std::string>> signers_;
};

/// An offer that is taken, and whose signature must be on it.
struct Chosen {
  SharedTag tag;
  const VerifyingKey* signer = nullptr;  ///< null: anybody's, since it is not believed
};

/// A result on its way.
struct Incoming {
  SharedStep step;
  Chosen from;
  std::optional<cache::Result> result;  ///< nothing: it was refused
  std::size_t blobs_left = 0;           ///< that it waits for
};

}  // namespace

/// One pull.
class ResultPuller::Run {
 public:
  Run(const ResultPuller& puller, registry::Repository repository, const Trust& trust)
      : cache_(puller.cache_),
        progress_(puller.progress_),
        downloads_(puller.downloads_),
        repository_(std::move(repository)),
        trust_(trust),
        offers_(repository_.tags().value_or(std::vector<std::string>())) {}

  TakenResults pull(const Plan& plan, const std::function<bool(const ImagePlan&)>& is_asked_for) {
    for (;;) {
      std::vector<Incoming> round = choose(plan, is_asked_for);
      const std::size_t refused_before = state_.lock()->counts.refused.size();
      take(round);
      // In the place of what was refused, somebody else's is taken, or what it is made of.
      if (state_.lock()->counts.refused.size() == refused_before) break;
    }
    TakenResults counts = state_.lock()->counts;
    counts.present = present_.size();
    counts.lacking = lacking_.size();
    for (const Digest& key : lacking_) counts.strangers.merge(offers_.signers(key));
    return counts;
  }

 private:
  /// What the threads share.
  struct State {
    TakenResults counts;
    std::uint64_t not_flushed = 0;  ///< bytes
  };
  using Waiting = std::map<cache::Blob, std::vector<Incoming*>>;

  std::optional<Chosen> offer(const Digest& key) const {
    for (const VerifyingKey* signer : trust_.keys) {
      SharedTag tag{key, signer_name(*signer)};
      if (offers_.has(tag)) return Chosen{std::move(tag), signer};
    }
    if (!trust_.keys.empty()) return std::nullopt;
    const std::set<std::string> anybody = offers_.signers(key);
    if (anybody.empty()) return std::nullopt;
    return Chosen{{key, *anybody.begin()}, nullptr};
  }

  std::vector<Incoming> choose(const Plan& plan,
                               const std::function<bool(const ImagePlan&)>& is_asked_for) {
    lacking_.clear();
    const Taking taking = {.is_asked_for = is_asked_for,
                           .is_here =
                               [this](const Digest& key) {
                                 const bool here = cache_.find(key).has_value();
                                 if (here && asked_.count(key) == 0) present_.insert(key);
                                 return here;
                               },
                           .is_offered =
                               [this](const Digest& key) {
                                 const bool offered = offer(key).has_value();
                                 if (!offered) lacking_.insert(key);
                                 return offered;
                               }};
    std::vector<Incoming> round;
    for (SharedStep& step : steps_to_take(plan, taking)) {
      // What is not believed is never here afterwards: once is enough.
      if (!asked_.insert(step.key).second && trust_.keys.empty()) continue;
      std::optional<Chosen> from = offer(step.key);
      round.push_back({std::move(step), std::move(from.value()), std::nullopt, 0});
    }
    return round;
  }

  void take(std::vector<Incoming>& round) {
    if (round.empty()) return;
    {
      const Phase phase(progress_, "asking for results", round.size(), 0);
      Pool pool(std::min(downloads_, round.size()));
      for (Incoming& incoming : round) pool.add([this, &incoming] { ask(incoming); });
      pool.wait();
    }
    Waiting waiting;
    std::uint64_t bytes = 0;
    for (Incoming& incoming : round) {
      if (!incoming.result) continue;
      const std::vector<cache::Blob> lacking = lacking_blobs(*incoming.result);
      if (incoming.from.signer == nullptr && !count_unbelieved(lacking, waiting)) {
        refuse(incoming, fmt::format("more than {} bytes would be taken, and no key is trusted",
                                     trust_.most_unbelieved));
        continue;
      }
      for (const cache::Blob& blob : lacking) {
        std::vector<Incoming*>& who = waiting[blob];
        if (who.empty()) bytes += blob.size;
        who.push_back(&incoming);
        ++incoming.blobs_left;
      }
      if (incoming.blobs_left == 0) settle(incoming);
    }
    if (waiting.empty()) return;
    const Phase phase(progress_, "taking results", waiting.size(), bytes);
    Pool pool(std::min(downloads_, waiting.size()));
    for (const auto& each : waiting) {
      pool.add([this, &blob = each.first, &who = each.second] { fetch(blob, who); });
    }
    pool.wait();
  }

  std::vector<cache::Blob> lacking_blobs(const cache::Result& result) {
    std::vector<cache::Blob> blobs = blobs_of(result);
    std::erase_if(blobs, [&](const cache::Blob& b) { return cache_.find_blob(b.digest) == b; });
    return blobs;
  }

  /// Counts the bytes of blobs that nobody who is trusted signed; returns whether they are few
  /// enough to be taken.
  bool count_unbelieved(const std::vector<cache::Blob>& blobs, const Waiting& waiting) {
    std::uint64_t left = left_unbelieved_;
    for (const cache::Blob& blob : blobs) {
      if (waiting.count(blob) != 0) continue;
      if (blob.size > left) return false;
      left -= blob.size;
    }
    left_unbelieved_ = left;
    return true;
  }

  void ask(Incoming& incoming) {
    const std::string tag = incoming.from.tag.str();
    progress_.started(incoming.step.name);
    const std::optional<std::string> problem = problem_of([&] {
      const std::optional<registry::ManifestText> manifest =
          repository_.pull_manifest(std::string_view(tag));
      if (!manifest) throw Error(ErrorKind::corrupt, "its tag is gone");
      cache::Result result =
          read_shared_manifest(*manifest, incoming.step.key, incoming.from.signer);
      check_result(incoming.step.kind, result);
      incoming.result = std::move(result);
    });
    progress_.finished(incoming.step.name);
    if (problem) refuse(incoming, *problem);
  }

  void fetch(const cache::Blob& blob, const std::vector<Incoming*>& who) {
    const std::string name = blob.digest.brief();
    progress_.started(name);
    const std::optional<std::string> problem = problem_of([&] {
      if (!pull_blob(repository_, blob, cache_, progress_)) {
        throw Error(ErrorKind::corrupt,
                    fmt::format("the registry lacks its blob {}", blob.digest.str()));
      }
    });
    progress_.finished(name);
    if (problem) {
      for (Incoming* incoming : who) refuse(*incoming, *problem);
      return;
    }
    std::vector<Incoming*> complete;
    bool flush = false;
    {
      auto state = state_.lock();
      ++state->counts.blobs;
      state->not_flushed += blob.size;
      flush = state->not_flushed >= kBytesPerFlush;
      if (flush) state->not_flushed = 0;
      for (Incoming* incoming : who) {
        if (--incoming->blobs_left == 0) complete.push_back(incoming);
      }
    }
    for (Incoming* incoming : complete) settle(*incoming);
    if (flush) cache_.flush();
  }

  /// All blobs of a result are here.
  void settle(Incoming& incoming) {
    if (incoming.from.signer == nullptr) return;
    cache::Result& result = incoming.result.value();
    for (const cache::Output& output : result.outputs) {
      if (output.blob.size == 0) static_cast<void>(cache_.put(""));
    }
    if (incoming.step.kind == SharedStep::Kind::layer) LayerStore(cache_).record_by_digest(result);
    cache_.record(incoming.step.key, std::move(result));
    ++state_.lock()->counts.taken;
  }

  void refuse(const Incoming& incoming, const std::string& why) {
    auto state = state_.lock();
    if (!offers_.has(incoming.from.tag)) return;  // another of its blobs was faster
    offers_.remove(incoming.from.tag);
    state->counts.refused.push_back({incoming.step.name, why});
  }

  cache::Cache& cache_;
  Progress& progress_;
  std::size_t downloads_;
  registry::Repository repository_;
  const Trust& trust_;
  Offers offers_;
  std::set<Digest> present_;
  std::set<Digest> lacking_;
  std::set<Digest> asked_;
  std::uint64_t left_unbelieved_ = trust_.most_unbelieved;  ///< bytes
  Guarded<State> state_;
};

ResultPuller::ResultPuller(registry::RegistryClient& client, cache::Cache& cache,
                           Progress& progress, std::size_t downloads)
    : client_(client), cache_(cache), progress_(progress), downloads_(downloads) {}

TakenResults ResultPuller::pull(const Plan& plan, const oci::Reference& repository,
                                const Trust& trust,
                                const std::function<bool(const ImagePlan&)>& is_asked_for) {
  return during("taking results from " + repository.repository_str(), [&] {
    const registry::Traffic before = client_.traffic();
    const FlushAtEnd flush_at_end(cache_);
    Run run(*this, client_.repository(repository, registry::Access::pull), trust);
    TakenResults counts = run.pull(plan, is_asked_for);
    cache_.flush();
    counts.traffic = difference(client_.traffic(), before);
    return counts;
  });
}

}  // namespace stamp::build
