#pragma once
// The signed archive of tests/builder/data/archive on a loopback port, and a workspace that uses
// it.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/temp_file.h"
#include "base/time.h"
#include "builder/inputs/places.h"
#include "builder/inputs/registry_bases.h"
#include "builder/lock/locker.h"
#include "tests/builder/silent_progress.h"
#include "tests/fakes/http_server.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::build {

/// Serves a state of the archive and whatever else a test puts there.
class LockArchive {
 public:
  LockArchive() : server_([this](const fakes::HttpRequest& request) { return answer(request); }) {
    show("one");
  }

  /// From now on the archive below `root` is in state `name` ("one", "two").
  void show(const std::string& name, const std::string& root = "/debian") {
    const std::filesystem::path data = std::filesystem::path(STAMP_TEST_DATA) / "archive" / name;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data)) {
      if (!entry.is_regular_file()) continue;
      const std::string path = entry.path().lexically_relative(data).string();
      const std::string text = read_file(entry.path());
      files[root + "/" + path] = text;
      const std::string folder = path.substr(0, path.rfind('/'));
      files[root + "/" + folder + "/by-hash/SHA256/" + Digest::of(text).hex()] = text;
    }
  }

  std::string url(const std::string& path) const { return server_.url(path); }

  /// "GET /path" of each request since the last call; with " if-none-match" where it was one on a
  /// condition.
  std::vector<std::string> requests() {
    std::vector<std::string> out;
    const std::vector<fakes::HttpRequest> all = server_.requests();
    for (std::size_t i = seen_; i < all.size(); ++i) {
      const bool conditional = !all[i].field("if-none-match").empty();
      out.push_back(all[i].method + " " + all[i].target + (conditional ? " if-none-match" : ""));
    }
    seen_ = all.size();
    return out;
  }

  std::map<std::string, std::string> files;  ///< by path

 private:
  fakes::HttpReply answer(const fakes::HttpRequest& request) const {
    const auto found = files.find(request.target);
    if (found == files.end()) return {.status = 404};
    const std::string etag = "\"" + Digest::of(found->second).hex().substr(0, 8) + "\"";
    if (request.field("if-none-match") == etag) return {.status = 304};
    return {.fields = {{"etag", etag}}, .body = found->second};
  }

  std::size_t seen_ = 0;
  fakes::HttpServer server_;
};

class FixedClock final : public Clock {
 public:
  std::int64_t now() const override { return time; }
  std::int64_t time = parse_rfc3339("2026-11-15T00:00:00Z");
};

/// A workspace with recipes as a test writes them, and a Locker for each call.
class LockWorkspace {
 public:
  LockWorkspace()
      : transport_(registry::make_curl_transport({})),
        downloader_(*transport_, clock, {.attempts = 1}),
        places_(std::make_unique<Places>(workspace::UserSettings(),
                                         std::vector<debian::AptSourcesFile>())) {
    put_settings(archive.url("/debian"));
  }

  /// stamp.yaml with a source "fake" and, if there is a second URL, one "later" after it.
  void put_settings(const std::string& url, const std::string& later = "") {
    const std::string rest = std::string("\", suites: [stable], keyring: \"") + STAMP_TEST_DATA +
                             "/archive/keyring.gpg\"}\n";
    std::string text = "stamp: 1\ndefaults: {platforms: [amd64, arm64]}\nsources:\n";
    text += "  fake: {archive: \"" + url + rest;
    if (!later.empty()) text += "  later: {archive: \"" + later + rest;
    put("stamp.yaml", text);
  }
  void put(const std::string& name, const std::string& text) {
    const std::filesystem::path path = folder_.path() / "ws" / name;
    make_folders(path.parent_path());
    replace_file(path, text);
  }
  /// A recipe with packages, as YAML's list ("app, tool").
  void recipe(const std::string& name, const std::string& packages, const std::string& rest = "") {
    put(name + "/recipe.yaml", "name: " + name + "\nlayers:\n  - packages: {install: [" + packages +
                                   "], scripts: skip}\n" + rest);
  }

  /// Mirrors to try before the archive.
  void use_mirrors(std::vector<std::string> urls) {
    workspace::UserSettings settings;
    settings.mirrors = {{archive.url("/debian"), std::move(urls)}};
    places_ = std::make_unique<Places>(settings, std::vector<debian::AptSourcesFile>());
  }

  /// Locks all recipes, each after what it needs, writes the locks and returns the outcome of the
  /// one named.
  LockOutcome lock(const std::string& name, const LockUpdate& update = {}) {
    const workspace::Workspace opened = workspace::open(folder_.path() / "ws");
    Locker locker(opened, services());
    LockOutcome wanted;
    for (const workspace::Recipe* recipe : opened.select({})) {
      LockOutcome outcome = locker.lock(*recipe, update);
      write_lock(*recipe, outcome.lock);
      if (recipe->name == name) wanted = std::move(outcome);
    }
    return wanted;
  }

  std::string failure(const LockUpdate& update = {}) {
    try {
      lock("", update);
    } catch (const Error& error) {
      return render(error);
    }
    return "no error";
  }

  void check_update(const LockUpdate& update) {
    const workspace::Workspace opened = workspace::open(folder_.path() / "ws");
    Locker(opened, services()).check_update(opened.select({}), update);
  }

  LockServices services() {
    return {.downloader = downloader_,
            .places = *places_,
            .resolver = resolver_,
            .clock = clock,
            .bases = bases_,
            .cache = cache_,
            .progress = progress_,
            .indexes = folder_.path() / "cache/indexes",
            .scratch = folder_.path() / "cache/tmp",
            .epoch = epoch};
  }
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }

  LockArchive archive;
  FixedClock clock;
  std::optional<std::int64_t> epoch;

 private:
  TempDir folder_;
  std::unique_ptr<registry::Transport> transport_;
  registry::Downloader downloader_;
  std::unique_ptr<Places> places_;
  debian::ResolverProgram resolver_{STAMP_TEST_RESOLVER};
  SilentProgress progress_;
  registry::ClientFixture client_;
  cache::Cache cache_{folder_.path() / "cache", clock};
  RegistryBases bases_{*client_.client, cache_, progress_};
};

}  // namespace stamp::build
