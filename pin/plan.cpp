#include "pin/plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/diagnostic.h"
#include "base/error.h"
#include "base/fd.h"

namespace stamp::pin {
namespace {

/// What images of others are called in pins.lock.
std::string name_of(const oci::Reference& reference) {
  oci::Reference image = reference;
  image.digest.reset();
  return image.str();
}

/// Problems of places, shown all at once with their lines.
class Problems {
 public:
  void add(const FileFindings& file, const Finding& finding, std::string message) {
    const std::string text = read_file(file.file.path, kMaxManifest);
    problems_.push_back(problem_at(file.file.name, text, finding.position, std::move(message)));
  }
  void throw_all() { throw_if_any(std::move(problems_)); }

 private:
  std::vector<Diagnostic> problems_;
};

/// Plans the places of all files, each after the other.
class Planner {
 public:
  Planner(const Findings& findings, const PinRequest& request, RegistryDigests* registries)
      : findings_(findings), request_(request), registries_(registries) {}

  PinPlan plan() {
    if (request_.all) decide_foreign();
    for (std::size_t i = 0; i < findings_.files.size(); ++i) plan_file(i);
    problems_.throw_all();
    if (registries_ != nullptr) check_registries();
    return std::move(plan_);
  }

 private:
  const OwnImage* own(const oci::Reference& reference) const {
    return find_own(request_.own, reference);
  }

  /// Whether a place has no digest and can be given none: what its image is need not be asked.
  static bool is_out_of_reach(const Place& place) {
    return !place.obstacle.empty() && !place.reference.digest;
  }

  /// Decides the digest of each image of others that is named anywhere.
  void decide_foreign() {
    std::map<std::string, std::set<Digest>> said;
    std::map<std::string, oci::Reference> images;
    for (const FileFindings& file : findings_.files) {
      for (const Finding& finding : file.findings) {
        const oci::Reference& reference = finding.place.reference;
        if (own(reference) != nullptr || is_out_of_reach(finding.place)) continue;
        const std::string name = name_of(reference);
        images.emplace(name, oci::Reference::parse(name));
        if (reference.digest) said[name].insert(*reference.digest);
      }
    }
    std::vector<oci::Reference> questions;
    for (const auto& [name, image] : images) {
      const auto locked = request_.pins.images.find(name);
      const bool is_locked = locked != request_.pins.images.end();
      const std::set<Digest>& digests = said[name];
      if (request_.update.covers(image) || (!is_locked && digests.empty())) {
        questions.push_back(image);
      } else if (is_locked) {
        plan_.pins.images.emplace(name, locked->second);
      } else if (digests.size() == 1) {
        plan_.pins.images.emplace(name, *digests.begin());
      }  // several: each place is a problem
    }
    if (registries_ != nullptr) ask(questions);
  }

  void ask(const std::vector<oci::Reference>& images) {
    const std::vector<std::optional<Digest>> answers = registries_->ask(images);
    for (std::size_t i = 0; i < images.size(); ++i) {
      if (!answers[i]) {
        throw Error(ErrorKind::network,
                    fmt::format("cannot pin '{}': it is not in its registry", images[i].str()),
                    {.hint = "check the name and the tag; see where it is: stamp pin list"});
      }
      plan_.pins.images[name_of(images[i])] = *answers[i];
    }
  }

  void plan_file(std::size_t number) {
    const FileFindings& file = findings_.files[number];
    for (std::size_t i = 0; i < file.findings.size(); ++i) {
      const Finding& finding = file.findings[i];
      PinChange change{number, i, {}, finding.place.reference.digest, {}};
      if (const OwnImage* image = own(finding.place.reference)) {
        plan_own(*image, file, finding, std::move(change));
      } else if (request_.all) {
        plan_foreign(file, finding, std::move(change));
      }
    }
  }

  void plan_own(const OwnImage& image, const FileFindings& file, const Finding& finding,
                PinChange change) {
    if (image.index() == nullptr) {
      return problems_.add(file, finding,
                           fmt::format("recipe '{}' has not been built yet, so its lock names no "
                                       "digest: stamp push {}",
                                       image.recipe, image.recipe));
    }
    change.recipe = image.recipe;
    change.to = *image.index();
    add(file, finding, std::move(change));
  }

  void plan_foreign(const FileFindings& file, const Finding& finding, PinChange change) {
    const oci::Reference& reference = finding.place.reference;
    const auto decided = plan_.pins.images.find(name_of(reference));
    if (decided != plan_.pins.images.end()) {
      change.to = decided->second;
    } else if (is_out_of_reach(finding.place)) {
      plan_.left_alone.push_back({change.file, change.finding, finding.place.obstacle});
      return;
    } else if (reference.digest && !request_.update.covers(reference)) {
      return problems_.add(
          file, finding,
          fmt::format("'{}' is pinned to different digests; stamp pin --all --update={} takes the "
                      "newest",
                      name_of(reference), reference.repository_str()));
    }
    add(file, finding, std::move(change));
  }

  void add(const FileFindings& file, const Finding& finding, PinChange change) {
    if (change.to) {
      const std::string obstacle = obstacle_to(finding.place, *change.to);
      const bool is_others = change.recipe.empty();
      if (!obstacle.empty() && (is_others || finding.place.obstacle == kTemplate)) {
        const std::string& reason = finding.place.obstacle;
        plan_.left_alone.push_back(
            {change.file, change.finding, reason.empty() ? obstacle : reason});
        return;
      }
      if (!obstacle.empty()) return problems_.add(file, finding, obstacle);
      if (edits_for(finding.place, *change.to).empty()) {
        ++plan_.unchanged;
        return;
      }
    }
    if (!finding.place.note.empty()) {
      plan_.warnings.push_back(
          fmt::format("{}:{}: {}", file.file.name, finding.position.line, finding.place.note));
    }
    plan_.changes.push_back(std::move(change));
  }

  /// Every digest that is to be written is there, and a tag beside one of ours means the same.
  void check_registries() {
    std::vector<oci::Reference> digests;
    std::vector<oci::Reference> tags;
    std::vector<const PinChange*> changes;
    for (const PinChange& change : plan_.changes) {
      oci::Reference image = findings_.files[change.file].findings[change.finding].place.reference;
      image.digest.reset();
      if (!change.recipe.empty() && !image.tag.empty()) tags.push_back(image);
      image.tag.clear();
      image.digest = change.to;
      digests.push_back(image);
      changes.push_back(&change);
    }
    const std::vector<std::optional<Digest>> there = registries_->ask(digests);
    for (std::size_t i = 0; i < there.size(); ++i) {
      if (!there[i]) refuse_absent(*changes[i], digests[i]);
    }
    warn_of_tags(tags);
  }

  void refuse_absent(const PinChange& change, const oci::Reference& image) const {
    const FileFindings& file = findings_.files[change.file];
    throw Error(
        ErrorKind::network, fmt::format("cannot pin '{}': it is not in its registry", image.str()),
        {.input = fmt::format("{}:{}", file.file.name, file.findings[change.finding].position.line),
         .hint = change.recipe.empty()
                     ? fmt::format("stamp pin --all --update={}", image.repository_str())
                     : fmt::format("stamp push {}", change.recipe)});
  }

  void warn_of_tags(const std::vector<oci::Reference>& tags) {
    const std::vector<std::optional<Digest>> named = registries_->ask(tags);
    std::set<std::string> warned;
    for (std::size_t i = 0; i < tags.size(); ++i) {
      const OwnImage* image = own(tags[i]);
      if (!named[i] || image->has(*named[i]) || !warned.insert(tags[i].str()).second) continue;
      plan_.warnings.push_back(
          fmt::format("the tag of '{}' names another image ({}) than the digest behind it: stamp "
                      "push {} --tag {}",
                      tags[i].str(), named[i]->str(), image->recipe, tags[i].tag));
    }
  }

  const Findings& findings_;
  const PinRequest& request_;
  RegistryDigests* registries_;
  PinPlan plan_;
  Problems problems_;
};

}  // namespace

bool Update::covers(const oci::Reference& image) const {
  return all || std::any_of(repositories.begin(), repositories.end(), [&](const auto& repository) {
           return repository.repository_str() == image.repository_str();
         });
}

PinPlan plan_offline(const Findings& findings, const PinRequest& request) {
  return Planner(findings, request, nullptr).plan();
}

PinPlan plan_online(const Findings& findings, const PinRequest& request,
                    RegistryDigests& registries) {
  return Planner(findings, request, &registries).plan();
}

std::vector<FileChange> new_texts(const Findings& findings, const PinPlan& plan,
                                  const workspace::PinSettings& settings) {
  std::map<std::size_t, std::vector<Edit>> edits;
  for (const PinChange& change : plan.changes) {
    const Place& place = findings.files[change.file].findings[change.finding].place;
    for (Edit& edit : edits_for(place, *change.to)) edits[change.file].push_back(std::move(edit));
  }
  std::vector<FileChange> texts;
  for (const auto& [number, changes] : edits) {
    const FileFindings& file = findings.files[number];
    const FileText before{file.file.name, read_file(file.file.path, kMaxManifest)};
    if (Digest::of(before.text) != file.digest) {
      throw Error(ErrorKind::differs,
                  fmt::format("cannot change '{}': somebody else changed it meanwhile",
                              printable(file.file.name, 500)),
                  {.hint = "nothing was written; run this again"});
    }
    texts.push_back(
        {file.file.path, file.file.name, file.digest, edited(before, changes, settings)});
  }
  return texts;
}

}  // namespace stamp::pin
