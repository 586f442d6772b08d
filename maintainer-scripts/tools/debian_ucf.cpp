// ucf(1) and ucfr(1): configuration that scripts copy into place. Nobody is there to be asked, so
// what has changed is kept and the new one put beside it, as ucf's own default says.

#include <algorithm>
#include <optional>
#include <span>

#include <fmt/core.h>

#include "base/digest.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/debian_common.h"
#include "maintainer-scripts/tools/debian_diversions.h"
#include "maintainer-scripts/tools/debian_tools.h"
#include "maintainer-scripts/tools/debian_ucf_files.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts {
namespace {

constexpr std::uint64_t kLargestCached = 25600;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string md5_of(std::string_view text) {
  return md5_hex(std::as_bytes(std::span(text)));
}

class Ucf {
 public:
  Ucf(Process& process, Options options)
      : process_(process),
        tree_(process.machine.tree),
        options_(std::move(options)),
        files_(process) {}

  int run() {
    if (options_.has("n") || options_.has("Z"))
      throw Unknown("options '-n' and '-Z' are not known");
    const std::size_t wanted = options_.has("p") ? 1 : 2;
    if (options_.operands.size() != wanted) return wrong_count(wanted);
    if (!find_files()) return 1;
    check_ucf_configuration(tree_);
    read_settings();
    if (keep_old_ && take_new_) {
      process_.err("Error: Only one of force_conffold and force_conffnew should\n       be set\n");
      return 1;
    }
    files_.make_folder(state_ + "/cache");
    const UcfRegistry registry = read_ucf_registry(tree_, hashes_, target_);
    last_sum_ = registry.owner;
    if (options_.has("p")) {
      purge(registry);
    } else {
      new_text_ = file_text(tree_, source_).value_or("");
      new_sum_ = md5_of(new_text_);
      nag();
      status_ = 0;
      place();
    }
    return files_.has_failed() ? 1 : status_;
  }

 private:
  int wrong_count(std::size_t wanted) {
    process_.err(fmt::format("*** ERROR: Need exactly {} argument{}, got {}\n",
                             wanted == 1 ? "one" : "two", wanted == 1 ? " when purging" : "s",
                             options_.operands.size()));
    return 2;
  }

  bool find_files() {
    if (!options_.has("p")) {
      const std::string given = process_.absolute(options_.operands.front());
      if (!tree_.exists(given)) {
        process_.err(
            fmt::format("Error: The new file {} does not exist!\n", options_.operands.front()));
        return false;
      }
      source_ = canonical_path(tree_, given);
    }
    target_ = process_.absolute(options_.operands.back());
    if (tree_.exists(target_)) target_ = canonical_path(tree_, target_);
    const Diversions diversions = Diversions::read(tree_);
    const Diversion* diversion = diversions.of(target_);
    const std::string* package = options_.value("P");
    if (diversion != nullptr && (package == nullptr || *package != diversion->package)) {
      target_ = diversion->to;
    }
    return true;
  }

  void read_settings() {
    state_ = ucf_setting(process_, options_, "state-dir", "UCF_STATE_DIR");
    if (state_.empty()) state_ = "/var/lib/ucf";
    hashes_ = state_ + "/hashfile";
    keep_old_ = !process_.variable("UCF_FORCE_CONFFOLD").empty();
    take_new_ = !process_.variable("UCF_FORCE_CONFFNEW").empty();
    remake_ = !process_.variable("UCF_FORCE_CONFFMISS").empty();
    std::string folder = ucf_setting(process_, options_, "s", "UCF_SOURCE_DIR");
    if (folder.empty()) folder = folder_of(source_);
    old_sums_ = ucf_setting(process_, options_, "sum-file", "UCF_OLD_MDSUM_FILE");
    if (old_sums_.empty()) old_sums_ = fmt::format("{}/{}.md5sum", folder, name_of(source_));
    old_sums_folder_ = fmt::format("{}/{}.md5sum.d", folder, name_of(source_));
  }

  bool is_debconf_running() const { return !process_.variable("DEBIAN_HAS_FRONTEND").empty(); }
  /// Whether debconf could be asked, and would answer with its default.
  bool can_ask() const {
    if (options_.has("debconf-ok")) return true;
    return !is_debconf_running() && tree_.exists("/usr/share/debconf/confmodule");
  }

  void nag() {
    if (!is_debconf_running() || options_.has("debconf-ok")) return;
    process_.out(
        "*** WARNING: ucf was run from a maintainer script that uses debconf, but\n"
        "             the script did not pass --debconf-ok to ucf. The maintainer\n"
        "             script should be fixed to not stop debconf before calling ucf,\n"
        "             and pass it this parameter. For now, ucf will revert to using\n"
        "             old-style, non-debconf prompting. Ugh!\n"
        "\n"
        "             Please inform the package maintainer about this problem.\n");
  }

  void place() {
    const bool is_there = tree_.exists(target_);
    if (is_there) {
      target_sum_ = md5_of(file_text(tree_, target_).value_or(""));
      if (last_sum_.empty() && adopt_old()) return;
    } else if (place_missing()) {
      return;
    }
    if (last_sum_ == new_sum_) {
      if (is_default_sum_) register_sum();
    } else if (target_sum_ == last_sum_) {
      if (keep_old_) return put_beside();
      process_.err(fmt::format("Replacing config file {} with new version\n", target_));
      replace_target();
    } else {
      place_changed();
    }
  }

  /// Where the file has never been here. Whether that was all.
  bool place_missing() {
    if (last_sum_.empty()) {
      process_.err(fmt::format("\nCreating config file {} with new version\n", target_));
      replace_target();
      return true;
    }
    if (remake_) {
      process_.err(
          fmt::format("\nRecreating deleted config file {} with new version, as asked\n", target_));
      replace_target();
      return true;
    }
    if (last_sum_ == new_sum_) {
      process_.err(fmt::format("Not replacing deleted config file {}\n", target_));
      return false;
    }
    target_sum_ = std::string(32, 'A');
    return keep_old_;
  }

  /// Where there is a file that was never registered: whether it is an old version of ours, and
  /// dealt with.
  bool adopt_old() {
    const Found folder = tree_.find(old_sums_folder_);
    bool is_old = false;
    if (folder && folder.inode->is_directory()) {
      for (const auto& [name, inode] : folder.inode->children) {
        const std::string sum = first_word(old_sums_folder_ + "/" + name);
        if (sum == target_sum_ && !name.starts_with('.')) is_old = true;
        if (name == "default") last_sum_ = sum;
      }
      is_default_sum_ = !last_sum_.empty();
    } else if (const auto sums = file_text(tree_, old_sums_)) {
      for (const std::string& line : lines_of(*sums)) {
        if (line.starts_with(target_sum_)) is_old = true;
        const std::vector<std::string> words = words_of(line);
        if (words.size() < 2 || words.back() != "default") continue;
        last_sum_ = words.front();
        is_default_sum_ = true;
      }
    }
    if (is_old) {
      if (keep_old_) {
        put_beside();
      } else {
        replace_target();
      }
    }
    // A sum that no file has.
    if (last_sum_.empty()) last_sum_ = std::string(32, 'A');
    return is_old;
  }

  std::string first_word(const std::string& path) const {
    const std::vector<std::string> words = words_of(file_text(tree_, path).value_or(""));
    return words.empty() ? std::string() : words.front();
  }

  /// Where both versions differ from what was registered.
  void place_changed() {
    if (take_new_) {
      process_.err(
          fmt::format("Replacing config file {} with new version\nsince you asked for it.\n"
                      "The new and the old files are {}\n",
                      target_, target_sum_ == new_sum_ ? "identical, AFAICS" : "different"));
      replace_target();
    } else if (!keep_old_ && target_sum_ == new_sum_) {
      register_sum();
    } else if (keep_old_ || can_ask()) {
      // What debconf answers where nobody is asked: keep_current.
      put_beside();
    } else {
      process_.err("Need debconf to interact\n");
      status_ = 2;
    }
  }

  void put_beside() {
    register_sum();
    files_.copy(source_, target_ + ".ucf-dist");
  }

  void replace_target() {
    std::string real = target_;
    const Found link = tree_.find(target_, LastLink::keep);
    if (link && link.inode->is_symlink()) {
      real = canonical_path(tree_, target_);
      if (!tree_.exists(folder_of(real))) {
        process_.err(fmt::format("{} is a broken symlink!\n", target_));
        tree_.unlink(target_);
        real = target_;
      }
    }
    if (tree_.exists(real)) {
      files_.copy_content(source_, real);
    } else {
      files_.copy(source_, real);
    }
    register_sum();
  }

  void register_sum() {
    const std::string others = read_ucf_registry(tree_, hashes_, target_).others;
    if (tree_.exists(hashes_)) files_.rotate(hashes_, UcfFiles::Attributes::keep);
    files_.replace(hashes_, fmt::format("{}{}  {}\n", others, new_sum_, target_));
    if (options_.has("three-way") || new_text_.size() < kLargestCached) {
      files_.copy(source_, cached());
    }
  }

  std::string cached() const {
    std::string name = target_;
    std::replace(name.begin(), name.end(), '/', ':');
    return state_ + "/cache/" + name;
  }

  void purge(const UcfRegistry& registry) {
    status_ = 0;
    if (tree_.exists(hashes_)) {
      files_.rotate(hashes_, UcfFiles::Attributes::keep);
      files_.replace(hashes_, registry.others);
    }
    if (!files_.has_failed() && tree_.exists(cached())) tree_.unlink(cached());
  }

  Process& process_;
  Tree& tree_;
  Options options_;
  UcfFiles files_;
  std::string source_;
  std::string target_;
  std::string state_;
  std::string hashes_;
  std::string old_sums_;
  std::string old_sums_folder_;
  std::string new_text_;
  std::string new_sum_;
  std::string target_sum_;
  std::string last_sum_;
  bool is_default_sum_ = false;
  bool keep_old_ = false;
  bool take_new_ = false;
  bool remake_ = false;
  int status_ = 0;
};

class Ucfr {
 public:
  Ucfr(Process& process, Options options)
      : process_(process),
        tree_(process.machine.tree),
        options_(std::move(options)),
        files_(process) {}

  int run() {
    if (options_.has("n")) throw Unknown("option '-n' is not known");
    if (options_.operands.size() != 2) {
      process_.err(fmt::format("ucfr: *** ERROR: Need exactly two arguments, got {}\n",
                               options_.operands.size()));
      return 3;
    }
    package_ = options_.operands[0];
    file_ = options_.operands[1];
    if (!file_.starts_with('/')) {
      process_.err(fmt::format("ucfr: Need a fully qualified path for the file \"{}\"\n", file_));
      return 0;
    }
    path_ = canonical_path(tree_, file_);
    check_ucf_configuration(tree_);
    std::string state = ucf_setting(process_, options_, "state-dir", "UCF_STATE_DIR");
    if (state.empty()) state = "/var/lib/ucf";
    list_ = state + "/registry";
    files_.make_folder(state);
    if (!tree_.exists(list_)) files_.replace(list_, "");
    const UcfRegistry registry = read_ucf_registry(tree_, list_, path_);
    if (registry.count >= 2) {
      process_.err(fmt::format("ucfr: Corrupt registry: Duplicate entries for {}\n", file_));
      return static_cast<int>(registry.count);
    }
    const int status = options_.has("p") ? purge(registry) : add(registry);
    return files_.has_failed() ? 1 : status;
  }

 private:
  int purge(const UcfRegistry& registry) {
    if (registry.count == 0) return 0;
    if (registry.owner != package_) {
      process_.err(
          fmt::format("ucfr: Association belongs to {}, not {}\n", registry.owner, package_));
      if (!options_.has("f")) {
        process_.err("ucfr: Aborting\n");
        return 5;
      }
    }
    write(registry.others);
    return 0;
  }

  int add(const UcfRegistry& registry) {
    if (registry.count == 1) {
      if (registry.owner == package_) return 0;
      const Diversions diversions = Diversions::read(tree_);
      if (diversions.of(file_) != nullptr || diversions.to(file_) != nullptr) return 0;
      if (!options_.has("f")) {
        process_.err(fmt::format(
            "ucfr: Attempt from package {}  to take {} away from package {}\nucfr: Aborting.\n",
            package_, path_, registry.owner));
        return 4;
      }
    }
    write(fmt::format("{}{} \t {}\n", registry.others, package_, path_));
    return 0;
  }

  void write(const std::string& text) {
    files_.rotate(list_, UcfFiles::Attributes::leave);
    files_.replace(list_, text);
  }

  Process& process_;
  Tree& tree_;
  Options options_;
  UcfFiles files_;
  std::string package_;
  std::string file_;
  std::string path_;
  std::string list_;
};

}  // namespace

int ucf(Process& process) {
  constexpr LongOption kLong[] = {
      {"src-dir", Argument::required, "s"},
      {"sum-file", Argument::required},
      {"debug", Argument::optional, "d"},
      {"DEBUG", Argument::optional, "d"},
      {"no-action", Argument::none, "n"},
      {"package", Argument::required, "P"},
      {"purge", Argument::none, "p"},
      {"verbose", Argument::none, "v"},
      {"three-way"},
      {"debconf-ok"},
      {"debconf-template", Argument::required},
      {"state-dir", Argument::required},
  };
  return Ucf(process, parse_options(process, "s:d::D::npP:Zv", kLong)).run();
}

int ucfr(Process& process) {
  constexpr LongOption kLong[] = {
      {"debug", Argument::optional, "d"}, {"DEBUG", Argument::optional, "d"},
      {"force", Argument::none, "f"},     {"no-action", Argument::none, "n"},
      {"purge", Argument::none, "p"},     {"verbose", Argument::none, "v"},
      {"state-dir", Argument::required},
  };
  return Ucfr(process, parse_options(process, "d::D::fnvp", kLong)).run();
}

}  // namespace stamp::scripts
