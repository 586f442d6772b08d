#include "base/child.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <thread>
#include <utility>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/core.h>

#include "base/error.h"
#include "base/interrupt.h"

namespace stamp {
namespace {

/// The two ends of a pipe.
struct Pipe {
  Fd reading;
  Fd writing;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error("make", "a pipe", errno);
  return {Fd(ends[0]), Fd(ends[1])};
}

/// The array of C strings that posix_spawn wants; points into `texts`.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

struct SpawnActions {
  SpawnActions() { static_cast<void>(::posix_spawn_file_actions_init(&actions)); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { static_cast<void>(::posix_spawn_file_actions_destroy(&actions)); }
  posix_spawn_file_actions_t actions{};
};

/// Keeps SIGPIPE from this thread while it lives: a program that ended early is noticed by EPIPE.
class NoSigpipe final {
 public:
  NoSigpipe() {
    static_cast<void>(::sigemptyset(&pipe_));
    static_cast<void>(::sigaddset(&pipe_, SIGPIPE));
    static_cast<void>(::pthread_sigmask(SIG_BLOCK, &pipe_, &before_));
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;
  ~NoSigpipe() {
    if (::sigismember(&before_, SIGPIPE) == 1) return;
    // One that came meanwhile is taken away before it can be delivered.
    const timespec none = {};
    while (::sigtimedwait(&pipe_, nullptr, &none) == SIGPIPE) {
    }
    static_cast<void>(::pthread_sigmask(SIG_SETMASK, &before_, nullptr));
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

}  // namespace

Child::Child(const Command& command)
    : name_(command.program.filename().string()), time_limit_(command.time_limit) {
  if (time_limit_) end_ = std::chrono::steady_clock::now() + *time_limit_;
  Pipe input = make_pipe();
  Pipe output = make_pipe();
  SpawnActions setup;
  int failed = ::posix_spawn_file_actions_adddup2(&setup.actions, input.reading.get(), 0);
  if (failed == 0) {
    failed = ::posix_spawn_file_actions_adddup2(&setup.actions, output.writing.get(), 1);
  }
  if (failed == 0 && command.errors == Errors::dropped) {
    failed = ::posix_spawn_file_actions_addopen(&setup.actions, 2, "/dev/null", O_WRONLY, 0);
  }
  if (failed == 0) failed = ::posix_spawn_file_actions_addclosefrom_np(&setup.actions, 3);
  std::vector<std::string> words = command.arguments;
  words.insert(words.begin(), command.program.string());
  std::vector<std::string> environment = command.environment;
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(environment);
  if (failed == 0) {
    failed = ::posix_spawn(&pid_, command.program.c_str(), &setup.actions, nullptr, argv.data(),
                           envp.data());
  }
  if (failed != 0) {
    pid_ = -1;
    throw Error(ErrorKind::unavailable, fmt::format("cannot run '{}': {}", command.program.string(),
                                                    describe_errno(failed)));
  }
  to_child_ = std::move(input.writing);
  from_child_ = std::move(output.reading);
}

Child::~Child() {
  if (pid_ > 0) {
    static_cast<void>(::kill(pid_, SIGKILL));
    static_cast<void>(::waitpid(pid_, nullptr, 0));
  }
}

std::string Child::communicate(std::string_view input, std::uint64_t limit) {
  static_cast<void>(::fcntl(to_child_.get(), F_SETFL, O_NONBLOCK));
  const NoSigpipe no_sigpipe;
  std::string output;
  std::array<char, kBufferSize> buffer{};
  while (true) {
    throw_if_interrupted();
    if (input.empty() && to_child_) to_child_ = Fd();
    std::array<pollfd, 2> waiting = {
        {{from_child_.get(), POLLIN, 0}, {to_child_.get(), POLLOUT, 0}}};
    if (::poll(waiting.data(), to_child_ ? 2 : 1, time_left()) < 0) {
      if (errno == EINTR) continue;
      throw system_error("wait for", name_, errno);
    }
    if (to_child_ && waiting[1].revents != 0) {
      const ssize_t sent = ::write(to_child_.get(), input.data(), input.size());
      if (sent >= 0) {
        input.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EPIPE) {
        input = {};  // it ended early; its status will tell why
      } else if (errno != EAGAIN && errno != EINTR) {
        throw system_error("write to", name_, errno);
      }
    }
    if (waiting[0].revents != 0) {
      const ssize_t got = ::read(from_child_.get(), buffer.data(), buffer.size());
      if (got == 0) break;
      if (got < 0 && errno != EINTR) throw system_error("read from", name_, errno);
      if (got > 0) output.append(buffer.data(), static_cast<std::size_t>(got));
      if (output.size() > limit) {
        throw Error(ErrorKind::corrupt,
                    fmt::format("'{}' printed more than {} bytes", name_, limit));
      }
    }
  }
  to_child_ = Fd();
  return output;
}

int Child::time_left() const {
  if (!end_) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*end_ - std::chrono::steady_clock::now());
  if (left.count() <= 0) {
    throw Error(ErrorKind::unavailable,
                fmt::format("cannot wait for '{}': it takes longer than {} s", name_,
                            std::chrono::ceil<std::chrono::seconds>(*time_limit_).count()));
  }
  return static_cast<int>(std::min<std::int64_t>(left.count(), 60'000));
}

int Child::wait() {
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(pid_, &status, end_ ? WNOHANG : 0)) != pid_) {
    if (ended < 0 && errno != EINTR) throw system_error("wait for", name_, errno);
    if (ended == 0) {
      static_cast<void>(time_left());
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace stamp
