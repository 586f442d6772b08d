#include "cli/terminal.h"

#include <array>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <termios.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/interrupt.h"

namespace stamp::cli {
namespace {

constexpr std::size_t kMaxLine = 4096;

/// A terminal that does not show what is typed, until the end of the scope.
class Silence {
 public:
  Silence(const Fd& terminal, Echo echo) : terminal_(terminal) {
    if (echo == Echo::on || ::tcgetattr(terminal_.get(), &before_) != 0) return;
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    now.c_lflag |= ICANON | ECHONL;
    silent_ = ::tcsetattr(terminal_.get(), TCSAFLUSH, &now) == 0;
    if (!silent_) throw system_error("set", "the terminal", errno);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (silent_) static_cast<void>(::tcsetattr(terminal_.get(), TCSAFLUSH, &before_));
  }

 private:
  const Fd& terminal_;
  termios before_ = {};
  bool silent_ = false;
};

}  // namespace

std::string ask(std::string_view prompt, Echo echo) {
  const Fd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal) {
    throw Error(ErrorKind::unavailable, "cannot ask: there is no terminal",
                {.hint = "--username NAME --password-stdin <FILE"});
  }
  const Silence silence(terminal, echo);
  write_all(terminal.get(), as_bytes(prompt), "the terminal");
  std::string line;
  while (line.size() < kMaxLine) {
    std::array<char, 256> piece{};
    const ssize_t count = ::read(terminal.get(), piece.data(), piece.size());
    if (count < 0 && errno != EINTR) throw system_error("read from", "the terminal", errno);
    throw_if_interrupted();
    if (count < 0) continue;
    line.append(piece.data(), static_cast<std::size_t>(count));
    if (count == 0 || line.back() == '\n') break;
  }
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace stamp::cli
