#include "workspace/lock.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/time.h"
#include "workspace/lock_text.h"

namespace stamp::workspace {
namespace {

/// Puts down the text of a lock.
class LockWriter {
 public:
  std::string write(LockDocument& document) {
    block('{', '}', [&] { describe(*this, document); });
    out_ += '\n';
    return std::move(out_);
  }

  void value(std::string_view name, const std::string& text) {
    key(name);
    put(text);
  }
  void value(std::string_view name, const Digest& digest) {
    key(name);
    out_ += '"';
    out_ += digest.str();
    out_ += '"';
  }
  void value(std::string_view name, std::uint64_t number) {
    key(name);
    out_ += fmt::format("{}", number);
  }
  void optional(std::string_view name, const std::optional<std::string>& text) {
    if (text) value(name, *text);
  }
  void time(std::string_view name, std::int64_t seconds) {
    key(name);
    put(format_rfc3339(seconds));
  }
  void time(std::string_view name, const std::optional<std::int64_t>& seconds) {
    key(name);
    if (seconds) {
      put(format_rfc3339(*seconds));
    } else {
      out_ += "null";
    }
  }
  void format(std::string_view name) { value(name, std::uint64_t{kLockFormat}); }

  template <typename Record>
  void record(std::string_view name, Record& record) {
    key(name);
    put_record(record);
  }
  template <typename Record>
  void list(std::string_view name, std::vector<Record>& records) {
    std::sort(records.begin(), records.end(),
              [](const Record& a, const Record& b) { return in_order(a, b); });
    sequence(name, records);
  }
  template <typename Record>
  void sequence(std::string_view name, std::vector<Record>& records) {
    key(name);
    block('[', ']', [&] {
      for (Record& record : records) {
        separate();
        put_record(record);
      }
    });
  }
  template <typename Object>
  void object(std::string_view name, std::optional<Object>& object) {
    if (!object) return;
    key(name);
    block('{', '}', [&] { describe(*this, *object); });
  }
  template <typename Map>
  void map(std::string_view name, Map& members) {
    key(name);
    block('{', '}', [&] {
      for (auto& [text, member] : members) {
        auto& object = member;
        key(text);
        block('{', '}', [&] { describe(*this, object); });
      }
    });
  }

 private:
  /// Puts down what goes before the next element.
  void separate() {
    if (in_record_) {
      if (!first_) out_ += ", ";
    } else {
      out_ += first_ ? "\n" : ",\n";
      out_.append(indent_, ' ');
    }
    first_ = false;
  }
  void key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\": ";
  }
  template <typename Body>
  void block(char open, char close, Body&& body) {
    out_ += open;
    first_ = true;
    indent_ += 2;
    body();
    indent_ -= 2;
    if (!first_) {
      out_ += '\n';
      out_.append(indent_, ' ');
    }
    out_ += close;
    first_ = false;
  }
  template <typename Record>
  void put_record(Record& record) {
    out_ += '{';
    in_record_ = true;
    first_ = true;
    describe(*this, record);
    in_record_ = false;
    first_ = false;
    out_ += '}';
  }
  void put(std::string_view text) {
    out_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') out_ += '\\';
      if (static_cast<unsigned char>(c) < 0x20) {
        out_ += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }

  std::string out_;
  std::size_t indent_ = 0;
  bool in_record_ = false;
  bool first_ = true;
};

}  // namespace

const LockedRelease* Lock::find_release(std::string_view source, std::string_view suite) const {
  const auto found =
      std::find_if(releases.begin(), releases.end(), [&](const LockedRelease& release) {
        return release.source == source && release.suite == suite;
      });
  return found == releases.end() ? nullptr : &*found;
}

std::string serialize(Lock lock) {
  LockDocument document{.lock = std::move(lock)};
  std::string text = LockWriter().write(document);
  const Digest checksum = Digest::of(std::string_view(text).substr(kChecksummed));
  text.replace(kChecksumStart.size(), 64, checksum.hex());
  return text;
}

}  // namespace stamp::workspace
