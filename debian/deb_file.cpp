#include "debian/deb_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "layer/codec.h"
#include "layer/tar_reader.h"

namespace stamp::debian {
namespace {

constexpr std::uint64_t kMaxControl = 64U << 20U;
constexpr std::uint64_t kMinData = 64U << 20U;
constexpr std::uint64_t kMaxMembers = 32;

[[noreturn]] void refuse(const std::string& what, std::string_view problem) {
  throw Error(ErrorKind::corrupt, fmt::format("cannot read {}: {}", what, problem));
}

/// The header of an archive member.
struct Member {
  std::string name;
  std::uint64_t size = 0;
};

/// Reads an ar archive from front to back. The source of the current member's bytes.
class ArReader final : public Source {
 public:
  ArReader(Source& source, const std::string& what) : source_(source), what_(what) {
    if (take(8) != "!<arch>\n") refuse(what_, "it is no Debian package");
  }

  /// The next member, or nothing at the end. What is left of the one before must have been read.
  std::optional<Member> next() {
    if (left_ != 0) refuse(what_, fmt::format("bytes follow the end of '{}'", name_));
    if (padded_ && take(1) != "\n") refuse(what_, fmt::format("wrong padding after '{}'", name_));
    padded_ = false;
    const std::string header = take_up_to(60);
    if (header.empty()) return std::nullopt;
    if (header.size() != 60) refuse(what_, "it is cut off");
    if (header.substr(58) != "`\n") refuse(what_, "a malformed member header");
    if (++members_ > kMaxMembers) refuse(what_, "it has too many members");
    Member member = {.name = trimmed(header.substr(0, 16)), .size = number(header.substr(48, 10))};
    // ar(1) ends names with a slash, dpkg-deb does not.
    if (member.name.ends_with('/')) member.name.pop_back();
    const bool plain = std::ranges::all_of(
        member.name, [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != '#'; });
    if (!plain || member.name.empty()) refuse(what_, "a member has a malformed name");
    name_ = member.name;
    left_ = member.size;
    padded_ = member.size % 2 != 0;
    return member;
  }

  /// Bytes of the current member.
  std::size_t read(std::span<std::byte> out) override {
    if (left_ == 0 || out.empty()) return 0;
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_));
    const std::size_t got = source_.read(out.first(most));
    if (got == 0) refuse(what_, fmt::format("it is cut off in '{}'", name_));
    left_ -= got;
    return got;
  }

  void skip() {
    NullSink nowhere;
    copy(*this, nowhere);
  }

 private:
  std::string take_up_to(std::size_t size) {
    std::string text(size, '\0');
    text.resize(read_full(source_, std::as_writable_bytes(std::span(text))));
    return text;
  }

  std::string take(std::size_t size) {
    std::string text = take_up_to(size);
    if (text.size() != size) refuse(what_, "it is cut off");
    return text;
  }

  static std::string trimmed(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  }

  std::uint64_t number(const std::string& field) const {
    const std::string text = trimmed(field);
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || problem != std::errc() || end != text.data() + text.size()) {
      refuse(what_, "a member has a malformed size");
    }
    return value;
  }

  Source& source_;
  const std::string& what_;
  std::string name_;
  std::uint64_t left_ = 0;
  std::uint64_t members_ = 0;
  bool padded_ = false;
};

/// The compression that a member's name tells, when the name is `stem` with a suffix that may be.
std::optional<layer::Format> format_of(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem)) return std::nullopt;
  const std::string_view suffix = name.substr(stem.size());
  if (suffix.empty()) return layer::Format::none;
  if (suffix == ".gz") return layer::Format::gzip;
  if (suffix == ".xz") return layer::Format::xz;
  if (suffix == ".zst") return layer::Format::zstd;
  if (suffix == ".bz2" && stem == "data.tar") return layer::Format::bzip2;
  return std::nullopt;
}

/// Reads the files of a control archive.
ControlArchive read_control(Source& tar, const std::string& what) {
  ControlArchive archive;
  std::optional<std::string> control;
  LimitSource limited(tar, kMaxControl, "the control archive of " + what);
  layer::TarReader reader(limited, "the control archive of " + what);
  while (const std::optional<layer::Entry> entry = reader.next()) {
    if (entry->type == layer::EntryType::directory && entry->path.is_root()) continue;
    const std::string& name = entry->path.str();
    if (entry->type != layer::EntryType::file || name.find('/') != std::string::npos) {
      refuse(what, fmt::format("'{}' in its control archive is no plain file",
                               printable(entry->path.absolute(), 200)));
    }
    std::string text = read_all(reader.content(), kMaxControl, what);
    if (archive.find(name) != nullptr || (name == "control" && control)) {
      refuse(what, fmt::format("its control archive has '{}' twice", printable(name, 200)));
    }
    if (name == "control") {
      control = std::move(text);
    } else {
      archive.members.push_back({name, std::move(text), entry->mode});
    }
  }
  if (!control) refuse(what, "it has no control file");
  archive.control = during("reading its control file", ErrorKind::corrupt,
                           [&] { return parse_stanza(*control, what); });
  std::ranges::sort(archive.members, {}, &ControlMember::name);
  return archive;
}

/// How many bytes the data of a package may decompress to. Derived from what the package says, for
/// no fixed number suits both a bomb and a large game.
std::uint64_t data_limit(const Stanza& control, std::uint64_t packed) {
  constexpr std::uint64_t kRatio = 1000;
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 50U;
  const std::string_view text = control.get("Installed-Size");
  std::uint64_t kibibytes = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), kibibytes);
  const bool known = problem == std::errc() && end == text.data() + text.size() && !text.empty();
  const std::uint64_t by_ratio = std::min(packed, kLargest / kRatio) * kRatio;
  const std::uint64_t by_word = std::min(kibibytes, kLargest / 4096) * 4096;
  return std::max(kMinData, known ? std::min(by_word, by_ratio) : by_ratio);
}

}  // namespace

/// The data's source: its end comes after the rest of the archive was checked.
class DebFile::Implementation final : public Source {
 public:
  Implementation(Source& source, std::string what, layer::DecoderContext& decoders)
      : what_(std::move(what)), archive_(source, what_) {
    const std::optional<Member> first = archive_.next();
    if (!first || first->name != "debian-binary" ||
        read_all(archive_, 64, "debian-binary of " + what_) != "2.0\n") {
      refuse(what_, "it is no Debian package of format 2.0");
    }
    const Member control = next_member("control.tar");
    {
      const auto decoder = layer::make_decoder(*format_of(control.name, "control.tar"), archive_,
                                               "the control archive of " + what_, decoders);
      control_ = read_control(*decoder, what_);
      NullSink nowhere;
      copy(*decoder, nowhere);
    }
    const Member data = next_member("data.tar");
    decoder_ = layer::make_decoder(*format_of(data.name, "data.tar"), archive_,
                                   "the data archive of " + what_, decoders);
    limited_ = std::make_unique<LimitSource>(*decoder_, data_limit(control_.control, data.size),
                                             "the data archive of " + what_);
  }

  const ControlArchive& control() const { return control_; }

  std::size_t read(std::span<std::byte> out) override {
    const std::size_t got = limited_->read(out);
    if (got == 0 && !out.empty() && !ended_) {
      ended_ = true;
      while (const std::optional<Member> member = archive_.next()) {
        if (!member->name.starts_with('_')) {
          refuse(what_, fmt::format("'{}' follows its data", member->name));
        }
        archive_.skip();
      }
    }
    return got;
  }

 private:
  /// The next member that counts. Errors: corrupt, when it is another one than `stem` with the
  /// suffix of a compression.
  Member next_member(std::string_view stem) {
    while (std::optional<Member> member = archive_.next()) {
      if (member->name.starts_with('_')) {
        archive_.skip();
        continue;
      }
      if (!format_of(member->name, stem)) {
        refuse(what_, fmt::format("'{}' stands where '{}' must be", member->name, stem));
      }
      return *std::move(member);
    }
    refuse(what_, fmt::format("it has no '{}'", stem));
  }

  std::string what_;
  ArReader archive_;
  ControlArchive control_;
  std::unique_ptr<Source> decoder_;
  std::unique_ptr<LimitSource> limited_;
  bool ended_ = false;
};

DebFile::DebFile(Source& source, std::string what)
    : own_decoders_(std::make_unique<layer::DecoderContext>()),
      implementation_(std::make_unique<Implementation>(source, std::move(what), *own_decoders_)) {}

DebFile::DebFile(Source& source, std::string what, layer::DecoderContext& decoders)
    : implementation_(std::make_unique<Implementation>(source, std::move(what), decoders)) {}

DebFile::~DebFile() = default;

const ControlArchive& DebFile::control() const {
  return implementation_->control();
}

Source& DebFile::data() {
  return *implementation_;
}

void check_identity(const Stanza& control, const PackageIdentity& expected) {
  const std::string_view name = control.get("Package");
  const std::string_view version = control.get("Version");
  const std::string_view architecture = control.get("Architecture");
  if (name == expected.name && version == expected.version &&
      architecture == expected.architecture) {
    return;
  }
  throw Error(
      ErrorKind::corrupt,
      fmt::format("cannot use package '{} {} {}': its own control file says '{} {} {}'",
                  expected.name, expected.version, expected.architecture, printable(name, 100),
                  printable(version, 100), printable(architecture, 100)));
}

}  // namespace stamp::debian
