#include "debian/resolver_program/confinement.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/error.h"

namespace stamp::debian {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

void limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both = {value, value};
  if (::setrlimit(resource, &both) != 0) throw system_error("limit", "the resolver", errno);
}

/// A filter for system calls, built instruction by instruction. What is refused fails with EPERM.
class Filter {
 public:
  Filter() {
    add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    // The x32 calls have numbers of their own.
    add(BPF_JMP | BPF_JGE | BPF_K, 0x40000000U, 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
#endif
  }

  void refuse(long call) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  }

  /// Refuses a call when its argument number `argument` has any of these bits.
  void refuse_with_bits(long call, unsigned argument, std::uint32_t bits) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4);
    add(BPF_LD | BPF_W | BPF_ABS,
        static_cast<std::uint32_t>(offsetof(seccomp_data, args) + argument * 8U));
    add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  }

  void install() {
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    sock_fprog program = {static_cast<unsigned short>(code_.size()), code_.data()};
    // A kernel without seccomp leaves the other limits; the text is verified all the same.
    static_cast<void>(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
  }

 private:
  void add(unsigned code, std::uint32_t value, unsigned char yes = 0, unsigned char no = 0) {
    code_.push_back({static_cast<std::uint16_t>(code), yes, no, value});
  }

  std::vector<sock_filter> code_;
};

void filter_calls(FileAccess access) {
  Filter filter;
  for (const long call : {SYS_socket,
                          SYS_connect,
                          SYS_execve,
                          SYS_execveat,
                          SYS_ptrace,
                          SYS_process_vm_readv,
                          SYS_process_vm_writev,
                          SYS_io_uring_setup,
                          SYS_bpf,
                          SYS_keyctl,
                          SYS_mount,
                          SYS_unlinkat,
                          SYS_renameat2,
                          SYS_mkdirat,
                          SYS_linkat,
                          SYS_symlinkat,
                          SYS_fchmodat,
                          SYS_fchownat,
                          SYS_openat2,
                          SYS_open_by_handle_at,
                          SYS_setns,
                          SYS_unshare}) {
    filter.refuse(call);
  }
#if defined(__x86_64__)
  for (const long call : {SYS_creat, SYS_unlink, SYS_rename, SYS_mkdir, SYS_link, SYS_symlink,
                          SYS_chmod, SYS_chown, SYS_fork, SYS_vfork}) {
    filter.refuse(call);
  }
#endif
  constexpr std::uint32_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
  if (access == FileAccess::none) {
    filter.refuse(SYS_openat);
  } else {
    filter.refuse_with_bits(SYS_openat, 2, kWriting);
  }
#if defined(__x86_64__)
  if (access == FileAccess::none) {
    filter.refuse(SYS_open);
  } else {
    filter.refuse_with_bits(SYS_open, 1, kWriting);
  }
#endif
  filter.install();
}

}  // namespace

void confine(FileAccess access) {
  // Sanitizers reserve far more address space than they use.
  if (!kSanitized) limit(RLIMIT_AS, rlim_t{2} << 30U);
  limit(RLIMIT_CPU, 120);
  limit(RLIMIT_CORE, 0);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    throw system_error("give up", "new privileges", errno);
  }
  if (kArchitecture != 0 && !kSanitized) filter_calls(access);
}

}  // namespace stamp::debian
