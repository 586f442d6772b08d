// gzip, xz and bzip2, as far as they unpack: what packages bring packed and their scripts read.
#include <span>

#include <fmt/core.h>

#include "base/error.h"
#include "base/stream.h"
#include "layer/codec.h"
#include "maintainer-scripts/tools/files.h"
#include "maintainer-scripts/tools/files_common.h"

namespace stamp::scripts {
namespace {

constexpr LongOption kOptions[] = {
    {"decompress", Argument::none, "d"}, {"uncompress", Argument::none, "d"},
    {"force", Argument::none, "f"},      {"keep", Argument::none, "k"},
    {"no-name", Argument::none, "n"},    {"quiet", Argument::none, "q"},
    {"stdout", Argument::none, "c"},     {"to-stdout", Argument::none, "c"},
    {"test", Argument::none, "t"},
};

struct Kind {
  std::string_view tool;
  std::string_view suffix;
  layer::Format format;
  std::string_view options;  ///< short ones
  std::string_view refusal;  ///< of what it did not pack
};
constexpr Kind kKinds[] = {
    {"gzip", ".gz", layer::Format::gzip, "cdfknqt", "not in gzip format"},
    {"xz", ".xz", layer::Format::xz, "cdfkqt", "File format not recognized"},
    {"bzip2", ".bz2", layer::Format::bzip2, "cdfkqt", "is not a bzip2 file."},
};

const Kind& kind_of(const Process& process) {
  for (const Kind& kind : kKinds) {
    if (kind.tool == process.name()) return kind;
  }
  throw Unknown("it is called by a name that is not known");
}

class Unpacker {
 public:
  Unpacker(Process& process, const Kind& kind, const Options& options)
      : process_(process), kind_(kind), options_(options) {}

  /// Standard input to standard output.
  void unpack_input() { give(unpack(process_.read_input(), "stdin")); }

  /// A file to standard output, or to one without its suffix in its place.
  int unpack_file(std::string path) {
    Found found = find(process_, path);
    if (!found && !path.ends_with(kind_.suffix)) {
      found = find(process_, path + std::string(kind_.suffix));
      if (found) path += kind_.suffix;
    }
    if (!found) return complain(process_, path, found.error);
    if (!found.inode->is_file()) throw Unknown(fmt::format("'{}' is no regular file", path));
    const std::string text = unpack(process_.machine.tree.read(*found.inode), path);
    if (options_.has("c") || options_.has("t")) {
      give(text);
      return 0;
    }
    return replace(path, text, *found.inode);
  }

 private:
  std::string unpack(const std::string& packed, std::string_view name) const {
    BytesSourceView in(std::as_bytes(std::span(packed)));
    const std::string what(name);
    if (layer::detect_format(
            std::as_bytes(std::span(packed)).first(std::min(packed.size(), layer::kFormatMagic))) !=
        kind_.format) {
      throw Unknown(fmt::format("{}: {}", name, kind_.refusal));
    }
    const std::unique_ptr<Source> decoder = layer::make_decoder(kind_.format, in, what);
    const std::string text = read_all(*decoder, process_.machine.budget.limits().output, what);
    process_.machine.budget.take_steps(1 + text.size() / 4096);
    return text;
  }

  void give(const std::string& text) {
    if (!options_.has("t")) process_.out(text);
  }

  int replace(const std::string& path, const std::string& text, const Inode& packed) {
    if (!path.ends_with(kind_.suffix)) throw Unknown(fmt::format("'{}' has no suffix", path));
    const std::string target = process_.absolute(path.substr(0, path.size() - kind_.suffix.size()));
    Tree& tree = process_.machine.tree;
    if (tree.exists(target) && !options_.has("f")) {
      throw Unknown(fmt::format("'{}' is there already", target));
    }
    tree.unlink(target);
    process_.machine.budget.take_output(text.size());
    if (const std::errc error = tree.write(target, text); error != std::errc()) {
      return complain(process_, target, error);
    }
    tree.set_owner(target, packed.uid, packed.gid);
    tree.set_mode(target, packed.mode);
    tree.set_time(target, packed.mtime);
    if (!options_.has("k")) tree.unlink(process_.absolute(path));
    return 0;
  }

  Process& process_;
  const Kind& kind_;
  const Options& options_;
};

}  // namespace

int unpack_tool(Process& process) {
  const Kind& kind = kind_of(process);
  const Options options = parse_options(process, kind.options, kOptions);
  if (!options.has("d") && !options.has("t")) {
    throw Unknown("packing gives other bytes with each version of its library");
  }
  Unpacker unpacker(process, kind, options);
  int status = 0;
  for (const std::string& path : options.operands) {
    if (path == "-") {
      unpacker.unpack_input();
    } else if (unpacker.unpack_file(path) != 0) {
      status = 1;
    }
  }
  if (options.operands.empty()) unpacker.unpack_input();
  return status;
}

}  // namespace stamp::scripts
