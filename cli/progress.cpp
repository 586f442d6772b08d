#include "cli/progress.h"

#include <algorithm>
#include <chrono>
#include <deque>

#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/core.h>
#include <stdio.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/guarded.h"
#include "base/json.h"

namespace stamp::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// Nothing is shown of work that is over within this time.
constexpr auto kQuickWork = 500ms;
constexpr auto kRedrawEvery = 100ms;
constexpr auto kPlainEvery = 5s;

/// A line for standard error. That it cannot be written (closed, or full) is no reason to stop a
/// build.
void print(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (count <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// "412.6 MB", in powers of ten as disks and networks are sold.
std::string human_size(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::string_view kUnits = "kMGTP";
  std::uint64_t scaled = bytes;
  std::size_t unit = 0;
  while (scaled >= 1'000'000 && unit + 1 < kUnits.size()) {
    scaled /= 1000;
    ++unit;
  }
  return fmt::format("{}.{} {}B", scaled / 1000, scaled % 1000 / 100, kUnits[unit]);
}

std::string human_time(std::chrono::seconds seconds) {
  const auto count = seconds.count();
  return count < 60 ? fmt::format("{} s", count)
                    : fmt::format("{} min {} s", count / 60, count % 60);
}

/// What is known about the phase that runs.
struct PhaseState {
  std::string name;
  std::uint64_t steps = 0;
  std::uint64_t steps_done = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_moved = 0;
  std::deque<std::string> running;
  SteadyClock::time_point begun;
  SteadyClock::time_point shown;
  bool visible = false;

  /// "unpacking packages 31/235, 40.1 MB of 146.2 MB, 61.0 MB/s, 2 s left: ffmpeg, libllvm14"
  std::string line(SteadyClock::time_point now) const {
    std::string out = name;
    if (steps > 0) out += fmt::format(" {}/{}", steps_done, steps);
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - begun);
    const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(1, elapsed.count()));
    if (bytes_moved > 0) {
      out += fmt::format(", {}", human_size(bytes_moved));
      if (bytes > 0) out += fmt::format(" of {}", human_size(bytes));
      out += fmt::format(", {}/s", human_size(bytes_moved * 1000 / ms));
    }
    if (bytes > bytes_moved && bytes_moved > 0 && elapsed > 1s) {
      const std::uint64_t left =
          (bytes - bytes_moved) / 1000 * ms / (bytes_moved / 1000 + 1) / 1000;
      out += fmt::format(", {} left", human_time(std::chrono::seconds(left)));
    }
    for (std::size_t i = 0; i < running.size(); ++i) out += (i == 0 ? ": " : ", ") + running[i];
    return out;
  }
};

/// What the displays share: they keep the phase's state and differ in what they show when.
class Display : public build::Progress {
 public:
  explicit Display(Verbosity verbosity) : verbosity_(verbosity) {}
  void begin(std::string_view phase, std::uint64_t steps, std::uint64_t bytes) override {
    auto state = state_.lock();
    *state = PhaseState{.name = std::string(phase), .steps = steps, .bytes = bytes};
    state->begun = state->shown = SteadyClock::now();
    on_begin(*state);
  }
  void started(std::string_view step) override {
    auto state = state_.lock();
    state->running.emplace_back(printable(step, 60));
    on_change(*state, SteadyClock::now());
  }
  void moved(std::uint64_t bytes) override {
    auto state = state_.lock();
    state->bytes_moved += bytes;
    on_change(*state, SteadyClock::now());
  }
  void finished(std::string_view step) override {
    auto state = state_.lock();
    ++state->steps_done;
    const auto found = std::find(state->running.begin(), state->running.end(), printable(step, 60));
    if (found != state->running.end()) state->running.erase(found);
    if (verbosity_ == Verbosity::verbose)
      on_text(*state, "note", fmt::format("done: {}", printable(step)));
    on_change(*state, SteadyClock::now());
  }
  void end() override {
    auto state = state_.lock();
    on_end(*state, SteadyClock::now());
    *state = PhaseState{};
  }
  void note(std::string_view line) override {
    auto state = state_.lock();
    on_text(*state, "note", line);
  }
  void warn(std::string_view line) override {
    auto state = state_.lock();
    on_text(*state, "warning", line);
  }

 protected:
  virtual void on_begin(PhaseState&) {}
  virtual void on_change(PhaseState&, SteadyClock::time_point) {}
  virtual void on_end(PhaseState&, SteadyClock::time_point) {}
  virtual void on_text(PhaseState&, std::string_view level, std::string_view line) {
    print(level == "note" ? fmt::format("{}\n", line)
                          : fmt::format("stamp: {}: {}\n", level, line));
  }

 private:
  Verbosity verbosity_;
  Guarded<PhaseState> state_;
};

class TtyDisplay final : public Display {
 public:
  using Display::Display;

 private:
  void on_change(PhaseState& state, SteadyClock::time_point now) override {
    if (now - state.begun < kQuickWork || now - state.shown < kRedrawEvery) return;
    state.shown = now;
    state.visible = true;
    draw(state.line(now));
  }
  void on_end(PhaseState& state, SteadyClock::time_point) override { erase(state); }
  void on_text(PhaseState& state, std::string_view level, std::string_view line) override {
    erase(state);
    Display::on_text(state, level, line);
  }
  static void erase(PhaseState& state) {
    if (state.visible) print("\r\x1b[K");
    state.visible = false;
  }
  /// One line of the terminal's width; a longer one would wrap and could not be rewritten.
  static void draw(const std::string& line) {
    winsize size = {};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    const std::size_t width = known ? size.ws_col - 1U : 79U;
    print("\r" + line.substr(0, width) + "\x1b[K");
  }
};

class PlainDisplay final : public Display {
 public:
  using Display::Display;

 private:
  void on_change(PhaseState& state, SteadyClock::time_point now) override {
    if (now - state.shown < kPlainEvery) return;
    state.shown = now;
    state.visible = true;
    print(state.line(now) + "\n");
  }
  void on_end(PhaseState& state, SteadyClock::time_point now) override {
    if (now - state.begun < kPlainEvery) return;
    state.running.clear();
    print(state.line(now) + "\n");
  }
};

class JsonDisplay final : public Display {
 public:
  using Display::Display;

 private:
  void on_begin(PhaseState& state) override { event(state, "begin"); }
  void on_change(PhaseState& state, SteadyClock::time_point now) override {
    if (now - state.shown < kRedrawEvery) return;
    state.shown = now;
    event(state, "progress");
  }
  void on_end(PhaseState& state, SteadyClock::time_point) override { event(state, "end"); }
  void on_text(PhaseState&, std::string_view level, std::string_view line) override {
    print(Json{{"event", level}, {"text", line}}.dump() + "\n");
  }
  static void event(const PhaseState& state, std::string_view name) {
    const Json document = {{"event", name},        {"phase", state.name},
                           {"steps", state.steps}, {"steps_done", state.steps_done},
                           {"bytes", state.bytes}, {"bytes_moved", state.bytes_moved}};
    print(document.dump() + "\n");
  }
};

class QuietDisplay final : public Display {
 public:
  using Display::Display;

 private:
  void on_text(PhaseState& state, std::string_view level, std::string_view line) override {
    if (level != "note") Display::on_text(state, level, line);
  }
};

}  // namespace

ProgressMode parse_progress_mode(const std::string& word) {
  if (word == "tty") return ProgressMode::tty;
  if (word == "plain") return ProgressMode::plain;
  if (word == "json") return ProgressMode::json;
  if (word == "auto") return ProgressMode::automatic;
  throw Error(ErrorKind::usage,
              fmt::format("cannot show progress as '{}': it is auto, tty, plain or json", word));
}

std::unique_ptr<build::Progress> make_progress(ProgressMode mode, const std::string& terminal,
                                               Verbosity verbosity) {
  if (mode == ProgressMode::automatic) {
    const bool capable = !terminal.empty() && terminal != "dumb" && ::isatty(STDERR_FILENO) == 1;
    mode = capable ? ProgressMode::tty : ProgressMode::plain;
  }
  switch (mode) {
    case ProgressMode::tty:
      return std::make_unique<TtyDisplay>(verbosity);
    case ProgressMode::json:
      return std::make_unique<JsonDisplay>(verbosity);
    case ProgressMode::quiet:
      return std::make_unique<QuietDisplay>(verbosity);
    default:
      return std::make_unique<PlainDisplay>(verbosity);
  }
}

}  // namespace stamp::cli
