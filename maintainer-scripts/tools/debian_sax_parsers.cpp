// update-perl-sax-parsers of Debian's libxml-sax-perl 1.02: the parsers of XML that Perl's XML::SAX
// chooses among.

#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/accounts/records.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/debian_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kDetails = "/var/lib/libxml-sax-perl/ParserDetails.d";
constexpr std::string_view kWhole = "/etc/perl/XML/SAX/ParserDetails.ini";

/// The text of a Perl module, where Debian's packages put modules.
std::string module_text(const Tree& tree, std::string_view module) {
  std::string file;
  for (std::size_t i = 0; i < module.size(); ++i) {
    if (module.substr(i).starts_with("::")) {
      file += '/';
      ++i;
    } else {
      file += module[i];
    }
  }
  file += ".pm";
  if (auto text = accounts::read_text(tree, fmt::format("/usr/share/perl5/{}", file))) {
    return *std::move(text);
  }
  const Found libraries = tree.find("/usr/lib");
  if (libraries && libraries.inode->is_directory()) {
    for (const auto& [name, child] : libraries.inode->children) {
      const Found versions = tree.find(fmt::format("/usr/lib/{}/perl5", name));
      if (!versions || !versions.inode->is_directory()) continue;
      for (const auto& [version, folder] : versions.inode->children) {
        auto text =
            accounts::read_text(tree, fmt::format("/usr/lib/{}/perl5/{}/{}", name, version, file));
        if (text) return *std::move(text);
      }
    }
  }
  throw Unknown(fmt::format("parser '{}' is not there", module));
}

/// What a parser answers when it is asked for its features. Those that say nothing themselves
/// answer as XML::SAX::Base.
std::string features_of(const Tree& tree, std::string_view module) {
  if (module_text(tree, module).find("supported_features") != std::string::npos) {
    throw Unknown(fmt::format("the features of parser '{}' are not known", module));
  }
  return "http://xml.org/sax/features/namespaces = 1\n";
}

int add(Process& process, const std::string& module, const std::string& file) {
  process.out(
      fmt::format("update-perl-sax-parsers: Registering Perl SAX parser {} with priority "
                  "{}...\n",
                  module, file.substr(0, file.find('-'))));
  Tree& tree = process.machine.tree;
  const std::string path = fmt::format("{}/{}", kDetails, file);
  const std::string text = fmt::format("[{}]\n{}\n\n", module, features_of(tree, module));
  tree.unlink(path);
  if (tree.write(path, text, 0644) == std::errc()) return 0;
  process.err(fmt::format("Cannot write to {}\n", path));
  return 2;
}

int update(Process& process) {
  process.out("update-perl-sax-parsers: Updating overall Perl SAX parser modules info file...\n");
  Tree& tree = process.machine.tree;
  const Found folder = tree.find(kDetails);
  if (!folder || !folder.inode->is_directory()) {
    process.err(fmt::format("Cannot access {}: No such file or directory\n", kDetails));
    return 2;
  }
  std::string text;
  for (const auto& [name, child] : folder.inode->children) {
    text += accounts::read_text(tree, fmt::format("{}/{}", kDetails, name)).value_or("");
  }
  const std::string draft = "/tmp/ParserDetails.ini";
  if (tree.write(draft, text, 0644) != std::errc()) throw Unknown("a folder /tmp is not there");
  Process ucf = process;
  ucf.args = {"ucf",        "--debconf-ok",
              "--sum-file", "/var/lib/libxml-sax-perl/ParserDetails.ini.md5sum",
              draft,        std::string(kWhole)};
  process.machine.runner.run(ucf);
  tree.unlink(draft);
  return 0;
}

}  // namespace

int update_perl_sax_parsers(Process& process) {
  constexpr LongOption kLong[] = {{"add", Argument::required},
                                  {"remove", Argument::required},
                                  {"update"},
                                  {"priority", Argument::required}};
  const Options options = parse_options(process, "", kLong);
  const std::string* priority = options.value("priority");
  const auto file_of = [&](const std::string& module) {
    const std::string number = priority != nullptr ? *priority : "50";
    return number == "0" ? module : fmt::format("{}-{}", number, module);
  };
  if (priority != nullptr &&
      (priority->empty() || priority->find_first_not_of("0123456789") != std::string::npos)) {
    throw Unknown(fmt::format("priority '{}' is not known", *priority));
  }
  if (const std::string* module = options.value("add")) {
    return add(process, *module, file_of(*module));
  }
  if (const std::string* module = options.value("remove")) {
    process.machine.tree.unlink(fmt::format("{}/{}", kDetails, file_of(*module)));
    return 0;
  }
  return options.has("update") ? update(process) : 0;
}

}  // namespace stamp::scripts
