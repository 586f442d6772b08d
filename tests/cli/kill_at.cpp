// Kills a program at one of its system calls. strace can, too, but counts the calls of each thread
// by themselves, so that those of a thread that makes few are never reached; here they are counted
// as one.
//
//   kill_at CALL[,CALL…] NUMBER COMMAND…   SIGKILL as it is about to make its NUMBERth such call
//   kill_at CALL[,CALL…] count COMMAND…    prints how many it makes; what it prints itself is lost
//
// Programs that the command starts are neither counted nor killed. Ends as the command does, with
// 137 when it was killed, with 3 where the machine forbids tracing.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <set>
#include <string_view>

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct Call {
  std::string_view name;
  long number;
};

/// What the stories kill at. Newer architectures have only the calls that end in `at`.
constexpr std::array kCalls = {
#ifdef SYS_mkdir
    Call{"mkdir", SYS_mkdir},   Call{"rename", SYS_rename},     Call{"link", SYS_link},
    Call{"unlink", SYS_unlink},
#else
    Call{"mkdir", SYS_mkdirat},   Call{"rename", SYS_renameat},   Call{"link", SYS_linkat},
    Call{"unlink", SYS_unlinkat},
#endif
    Call{"write", SYS_write},   Call{"pwrite64", SYS_pwrite64}, Call{"ftruncate", SYS_ftruncate},
    Call{"fchmod", SYS_fchmod}, Call{"fsync", SYS_fsync},       Call{"fdatasync", SYS_fdatasync},
    Call{"sendto", SYS_sendto},
};

constexpr int kUsage = 2;
constexpr int kNoTracing = 3;

/// The numbers of the calls in a list, or nothing when one is unknown.
std::optional<std::set<std::uint64_t>> numbers_of(std::string_view list) {
  std::set<std::uint64_t> numbers;
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    const auto* const call = std::ranges::find(kCalls, name, &Call::name);
    if (call == kCalls.end()) return std::nullopt;
    numbers.insert(static_cast<std::uint64_t>(call->number));
    list.remove_prefix(std::min(name.size() + 1, list.size()));
  }
  return numbers;
}

/// Lets a stopped thread go on to its next call or the end of this one.
void resume(pid_t thread, int signal) {
  // A thread that was killed meanwhile is not there any more.
  static_cast<void>(::ptrace(PTRACE_SYSCALL, thread, 0, signal));
}

class Traced final {
 public:
  Traced(pid_t process, std::set<std::uint64_t> calls, std::uint64_t kill_at)
      : process_(process), calls_(std::move(calls)), kill_at_(kill_at) {}

  /// Follows the process to its end; gives its exit code as a shell would.
  int follow() {
    for (int status = 0;;) {
      const pid_t thread = ::waitpid(-1, &status, __WALL);
      if (thread < 0) return kNoTracing;
      if (WIFSTOPPED(status)) {
        stopped(thread, status);
      } else if (thread == process_) {
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
      }
    }
  }

  std::uint64_t made() const { return made_; }

 private:
  void stopped(pid_t thread, int status) {
    const int signal = WSTOPSIG(status);
    const bool is_new = threads_.insert(thread).second;
    if (signal == (SIGTRAP | 0x80)) {
      count(thread);
      return resume(thread, 0);
    }
    const bool is_event = status >> 16 != 0;
    resume(thread, is_event || (is_new && signal == SIGSTOP) ? 0 : signal);
  }

  void count(pid_t thread) {
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) return;
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY || !calls_.contains(info.entry.nr)) return;
    if (++made_ == kill_at_) static_cast<void>(::kill(process_, SIGKILL));
  }

  pid_t process_;
  std::set<std::uint64_t> calls_;
  std::uint64_t kill_at_;
  std::uint64_t made_ = 0;
  std::set<pid_t> threads_;
};

/// The child's part: becomes the command.
[[noreturn]] void become(char** command, bool is_quiet) {
  if (is_quiet) {
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null < 0 || ::dup2(null, STDOUT_FILENO) < 0) ::_exit(kNoTracing);
  }
  if (::ptrace(PTRACE_TRACEME, 0, 0, 0) != 0 || ::raise(SIGSTOP) != 0) ::_exit(kNoTracing);
  ::execvp(command[0], command);
  ::_exit(127);
}

int run(std::set<std::uint64_t> calls, std::optional<std::uint64_t> kill_at, char** command) {
  const pid_t child = ::fork();
  if (child < 0) return kNoTracing;
  if (child == 0) become(command, !kill_at);
  int status = 0;
  constexpr auto kOptions =
      PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  if (::waitpid(child, &status, 0) != child || !WIFSTOPPED(status) ||
      ::ptrace(PTRACE_SETOPTIONS, child, 0, kOptions) != 0) {
    return kNoTracing;
  }
  Traced traced(child, std::move(calls), kill_at.value_or(0));
  resume(child, 0);
  const int code = traced.follow();
  if (!kill_at) std::printf("%ju\n", static_cast<std::uintmax_t>(traced.made()));
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return kUsage;
  const auto calls = numbers_of(argv[1]);
  const std::string_view when = argv[2];
  std::uint64_t number = 0;
  const bool is_number =
      std::from_chars(when.data(), when.data() + when.size(), number).ec == std::errc();
  if (!calls || (!is_number && when != "count")) return kUsage;
  return run(*calls, is_number ? std::optional(number) : std::nullopt, argv + 3);
}
