// openssl rehash of OpenSSL 3.0: the links by which it finds certificates in a folder. Whatever
// else openssl does would make or use secrets, or checks what nobody asked for here.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "base/certificate.h"
#include "maintainer-scripts/accounts/records.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/derived_tools.h"

namespace stamp::scripts::derived {
namespace {

using Kind = CertificateFacts::Kind;

/// A certificate file, or the target of a link that is there.
struct Item {
  std::string file;
  std::string fingerprint;              ///< "" of what only a link names
  std::optional<std::uint32_t> number;  ///< of the link that is there
  bool is_there = false;
};

/// What one hash stands for.
using Buckets = std::map<std::pair<Kind, std::uint32_t>, std::vector<Item>>;

/// "5ed36f99.0", "5ed36f99.r0": hash, kind and number of a link's name.
struct LinkName {
  std::uint32_t hash = 0;
  Kind kind = Kind::certificate;
  std::uint32_t number = 0;
};

std::optional<LinkName> parse_link(std::string_view name) {
  if (name.size() < 10 || name[8] != '.' ||
      name.substr(0, 8).find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
    return std::nullopt;
  }
  LinkName link;
  link.hash = static_cast<std::uint32_t>(std::stoul(std::string(name.substr(0, 8)), nullptr, 16));
  std::string_view rest = name.substr(9);
  if (rest.starts_with('r') || rest.starts_with('R')) {
    link.kind = Kind::revocations;
    rest.remove_prefix(1);
  }
  const std::optional<std::uint32_t> number = accounts::parse_number(rest);
  if (!number) return std::nullopt;
  link.number = *number;
  return link;
}

std::string link_path(const std::string& folder, const std::pair<Kind, std::uint32_t>& key,
                      std::uint32_t number) {
  return fmt::format("{}/{:08x}.{}{}", folder, key.second,
                     key.first == Kind::revocations ? "r" : "", number);
}

bool is_certificate_name(std::string_view name) {
  const std::string_view suffix = name.substr(name.rfind('.') + 1);
  return suffix == "pem" || suffix == "crt" || suffix == "cer" || suffix == "crl";
}

/// Puts the links of one folder right.
class Rehash {
 public:
  Rehash(Process& process, std::string folder)
      : process_(process), tree_(process.machine.tree), folder_(std::move(folder)) {}

  int run() {
    const Found found = tree_.find(folder_);
    if (!found || !found.inode->is_directory()) return 1;
    const auto children = found.inode->children;
    for (const auto& [name, inode] : children) {
      const std::optional<LinkName> link = inode->is_symlink() ? parse_link(name) : std::nullopt;
      if (link) {
        add_link(*link, inode->link_target);
      } else if (is_certificate_name(name)) {
        add_file(name);
      }
    }
    for (auto& [key, items] : buckets_) settle(key, items);
    return 0;
  }

 private:
  void add_link(const LinkName& link, const std::string& target) {
    std::vector<Item>& items = buckets_[{link.kind, link.hash}];
    const auto known = std::find_if(items.begin(), items.end(),
                                    [&](const Item& item) { return item.file == target; });
    if (known == items.end()) {
      items.push_back({target, {}, link.number, false});
    } else if (!known->number || *known->number < link.number) {
      known->number = link.number;
    }
  }

  void add_file(const std::string& name) {
    const auto text = accounts::read_text(tree_, fmt::format("{}/{}", folder_, name));
    if (!text) return;
    const std::vector<CertificateFacts> facts = read_certificates(*text);
    if (facts.size() != 1) {
      process_.err(fmt::format(
          "rehash: warning: skipping {},it does not contain exactly one certificate or CRL\n",
          name));
      return;
    }
    std::vector<Item>& items = buckets_[{facts[0].kind, facts[0].name_hash}];
    for (Item& item : items) {
      if (item.fingerprint == facts[0].fingerprint) {
        process_.err(fmt::format("rehash: warning: skipping duplicate certificate in {}\n", name));
        return;
      }
      if (item.file == name) {
        item.fingerprint = facts[0].fingerprint;
        item.is_there = true;
        return;
      }
    }
    items.push_back({name, facts[0].fingerprint, {}, true});
  }

  void settle(const std::pair<Kind, std::uint32_t>& key, const std::vector<Item>& items) {
    const auto needed = static_cast<std::uint32_t>(
        std::count_if(items.begin(), items.end(), [](const Item& item) { return item.is_there; }));
    std::vector<std::uint32_t> used;
    for (const Item& item : items) {
      if (item.is_there && item.number && *item.number < needed) used.push_back(*item.number);
    }
    std::uint32_t next = 0;
    for (const Item& item : items) {
      if (item.is_there && item.number && *item.number < needed) continue;
      if (item.number && *item.number >= needed)
        tree_.unlink(link_path(folder_, key, *item.number));
      if (!item.is_there) continue;
      while (std::find(used.begin(), used.end(), next) != used.end()) ++next;
      used.push_back(next);
      const std::string path = link_path(folder_, key, next);
      tree_.unlink(path);
      tree_.make_symlink(item.file, path);
    }
    for (const Item& item : items) {
      const bool is_stale = !item.is_there && item.number && *item.number < needed &&
                            std::find(used.begin(), used.end(), *item.number) == used.end();
      if (is_stale) tree_.unlink(link_path(folder_, key, *item.number));
    }
  }

  Process& process_;
  Tree& tree_;
  std::string folder_;
  Buckets buckets_;
};

}  // namespace

int openssl(Process& process) {
  if (process.args.size() < 2 || process.args[1] != "rehash") {
    throw Unknown(fmt::format("command '{}' is not known",
                              process.args.size() < 2 ? std::string() : process.args[1]));
  }
  std::vector<std::string> folders;
  for (std::size_t i = 2; i < process.args.size(); ++i) {
    const std::string& word = process.args[i];
    if (word == "-v") continue;
    if (word.starts_with('-')) throw Unknown(fmt::format("option '{}' is not known", word));
    folders.push_back(process.absolute(word));
  }
  if (folders.empty()) throw Unknown("the folder of OpenSSL's settings is not known");
  int status = 0;
  for (const std::string& folder : folders) status |= Rehash(process, folder).run();
  return status;
}

}  // namespace stamp::scripts::derived
