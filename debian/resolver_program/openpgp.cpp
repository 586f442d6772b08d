#include "debian/resolver_program/openpgp.h"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/core.h>
#include <rnp/rnp.h>
#include <rnp/rnp_err.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/handle.h"
#include "base/time.h"
#include "debian/clearsigned.h"
#include "debian/resolver_program/confinement.h"

namespace stamp::debian {
namespace {

using Ffi = Handle<rnp_ffi_st, rnp_ffi_destroy>;
using Input = Handle<rnp_input_st, rnp_input_destroy>;
using Output = Handle<rnp_output_st, rnp_output_destroy>;
using Verification = Handle<rnp_op_verify_st, rnp_op_verify_destroy>;
using Key = Handle<rnp_key_handle_st, rnp_key_handle_destroy>;
using Text = Handle<char, rnp_buffer_destroy>;

constexpr std::size_t kMaxOutput = 16U << 20U;

[[noreturn]] void refuse(const std::string& problem, std::string hint = {}) {
  throw Error(ErrorKind::corrupt, "cannot verify the InRelease file: " + problem,
              {.hint = std::move(hint)});
}

void check(rnp_result_t result, std::string_view what) {
  if (result == RNP_SUCCESS) return;
  refuse(fmt::format("{}: {}", what, rnp_result_to_string(result)));
}

Input input_of(std::string_view bytes) {
  rnp_input_t input = nullptr;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the library wants uint8_t
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  check(rnp_input_from_memory(&input, data, bytes.size(), false), "no memory");
  return Input(input);
}

Output memory_output() {
  rnp_output_t output = nullptr;
  check(rnp_output_to_memory(&output, kMaxOutput), "no memory");
  return Output(output);
}

std::string text_of(const Output& output) {
  std::uint8_t* data = nullptr;
  std::size_t size = 0;
  check(rnp_output_memory_get_buf(output.get(), &data, &size, false), "no output");
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the library gives uint8_t
  return {reinterpret_cast<const char*>(data), size};
}

std::string fingerprint_of(rnp_key_handle_t key) {
  char* text = nullptr;
  check(rnp_key_get_fprint(key, &text), "a key has no fingerprint");
  return Text(text).get();
}

/// The primary key that a key belongs to: itself, or that of a subkey.
Key primary_of(rnp_ffi_t ffi, rnp_key_handle_t key) {
  bool is_primary = false;
  check(rnp_key_is_primary(key, &is_primary), "a key is malformed");
  std::string fingerprint;
  if (is_primary) {
    fingerprint = fingerprint_of(key);
  } else {
    char* text = nullptr;
    check(rnp_key_get_primary_fprint(key, &text), "a subkey has no primary key");
    fingerprint = Text(text).get();
  }
  rnp_key_handle_t primary = nullptr;
  check(rnp_locate_key(ffi, "fingerprint", fingerprint.c_str(), &primary), "a key is malformed");
  if (primary == nullptr) refuse(fmt::format("the primary key {} is missing", fingerprint));
  return Key(primary);
}

/// Why a key must not be trusted at `time`; nothing when it may.
std::optional<std::string> problem_of(rnp_key_handle_t key, std::int64_t time) {
  bool revoked = false;
  bool valid = false;
  std::uint64_t until = 0;
  check(rnp_key_is_revoked(key, &revoked), "a key is malformed");
  check(rnp_key_is_valid(key, &valid), "a key is malformed");
  check(rnp_key_valid_till64(key, &until), "a key is malformed");
  const std::string name = fmt::format("the key {}", fingerprint_of(key));
  if (revoked) return name + " is revoked";
  // 0: never valid; the largest number: without end.
  if (until != 0 && until < static_cast<std::uint64_t>(time)) {
    return fmt::format("{} expired on {}", name, format_rfc3339(static_cast<std::int64_t>(until)));
  }
  if (!valid) return name + " is not valid";
  return std::nullopt;
}

bool is_strong(rnp_op_verify_signature_t signature) {
  char* text = nullptr;
  check(rnp_op_verify_signature_get_hash(signature, &text), "a signature names no digest");
  const Text owned(text);
  const std::string_view hash = owned.get();
  return hash == "SHA256" || hash == "SHA384" || hash == "SHA512";
}

/// The key id that a signature names, for messages.
std::string signer_of(rnp_op_verify_signature_t signature) {
  rnp_signature_handle_t handle = nullptr;
  if (rnp_op_verify_signature_get_handle(signature, &handle) != RNP_SUCCESS) return "unknown";
  const Handle<rnp_signature_handle_st, rnp_signature_handle_destroy> owned(handle);
  char* text = nullptr;
  if (rnp_signature_get_keyid(handle, &text) != RNP_SUCCESS || text == nullptr) return "unknown";
  return Text(text).get();
}

/// Refuses a signature from the future: with such a clock no other verdict would be meant.
void check_creation(rnp_op_verify_signature_t signature, const std::string& signer,
                    std::int64_t time) {
  constexpr std::int64_t kTolerance = 10;
  std::uint32_t created = 0;
  if (rnp_op_verify_signature_get_times(signature, &created, nullptr) != RNP_SUCCESS) return;
  if (created <= time + kTolerance) return;
  refuse(fmt::format("the signature by {} was made on {}, later than {}", signer,
                     format_rfc3339(created), format_rfc3339(time)),
         "set this machine's clock");
}

std::string export_key(rnp_key_handle_t key) {
  check(rnp_key_remove_signatures(key, RNP_KEY_SIGNATURE_NON_SELF_SIG, nullptr, nullptr),
        "the key cannot be reduced");
  const Output output = memory_output();
  check(rnp_key_export(key, output.get(), RNP_KEY_EXPORT_PUBLIC | RNP_KEY_EXPORT_SUBKEYS),
        "the key cannot be exported");
  return text_of(output);
}

/// What the signatures of a message come to.
struct Verdict {
  Key signer;                      ///< primary key of the first signature that counts
  std::vector<std::string> notes;  ///< why others do not count
};

Verdict judge(rnp_ffi_t ffi, rnp_op_verify_t verification, std::int64_t time) {
  std::size_t count = 0;
  check(rnp_op_verify_get_signature_count(verification, &count), "no signatures");
  Verdict verdict;
  for (std::size_t index = 0; index < count; ++index) {
    rnp_op_verify_signature_t signature = nullptr;
    check(rnp_op_verify_get_signature_at(verification, index, &signature), "no signature");
    const std::string signer = signer_of(signature);
    const rnp_result_t status = rnp_op_verify_signature_get_status(signature);
    if (status == RNP_ERROR_KEY_NOT_FOUND) {
      verdict.notes.push_back(fmt::format("the key {} is not in the keyring", signer));
      continue;
    }
    check_creation(signature, signer, time);
    if (status == RNP_ERROR_SIGNATURE_EXPIRED) {
      verdict.notes.push_back(fmt::format("the signature by {} expired", signer));
      continue;
    }
    rnp_key_handle_t key = nullptr;
    if (rnp_op_verify_signature_get_key(signature, &key) != RNP_SUCCESS || key == nullptr) {
      refuse(fmt::format("the signature by {} is wrong", signer));
    }
    const Key owned(key);
    Key primary = primary_of(ffi, key);
    std::optional<std::string> problem = problem_of(primary.get(), time);
    if (!problem) problem = problem_of(key, time);
    // The library calls a signature wrong, too, when only its key is of no use.
    if (!problem && status != RNP_SUCCESS) {
      refuse(fmt::format("the signature by {} is wrong", signer));
    }
    if (!problem && !is_strong(signature)) {
      problem = fmt::format("the signature by {} is over a weak digest", signer);
    }
    if (problem) {
      verdict.notes.push_back(*std::move(problem));
    } else if (verdict.signer == nullptr) {
      verdict.signer = std::move(primary);
    }
  }
  if (count == 0) verdict.notes.emplace_back("it has no signature");
  return verdict;
}

}  // namespace

VerifiedMessage verify_message(std::string_view message, std::string_view keyring,
                               std::int64_t time) {
  rnp_ffi_t raw_ffi = nullptr;
  check(rnp_ffi_create(&raw_ffi, "GPG", "GPG"), "no OpenPGP library");
  const Ffi ffi(raw_ffi);
  // What the library tells on standard error, the errors say better.
  const Fd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  static_cast<void>(::dup2(nowhere.get(), STDERR_FILENO));
  // Its random numbers needed a file; from here on nothing does.
  confine(FileAccess::none);
  // Strict framing first: what the library tolerates around the blocks never reaches it.
  static_cast<void>(during("reading the InRelease file", ErrorKind::corrupt,
                           [&] { return parse_clearsigned(message); }));
  check(rnp_set_timestamp(raw_ffi, static_cast<std::uint64_t>(time)), "the time cannot be set");
  const Input keys = input_of(keyring);
  if (rnp_import_keys(raw_ffi, keys.get(), RNP_LOAD_SAVE_PUBLIC_KEYS | RNP_LOAD_SAVE_PERMISSIVE,
                      nullptr) != RNP_SUCCESS) {
    refuse("the keyring holds no OpenPGP keys");
  }
  const Input input = input_of(message);
  const Output output = memory_output();
  rnp_op_verify_t raw_verification = nullptr;
  check(rnp_op_verify_create(&raw_verification, raw_ffi, input.get(), output.get()),
        "the message cannot be read");
  const Verification verification(raw_verification);
  // Its result says less than the signatures' own, which are judged one by one.
  const rnp_result_t result = rnp_op_verify_execute(raw_verification);
  if (result != RNP_SUCCESS && result != RNP_ERROR_SIGNATURE_INVALID &&
      result != RNP_ERROR_SIGNATURE_EXPIRED && result != RNP_ERROR_VERIFICATION_FAILED &&
      result != RNP_ERROR_SIGNATURE_UNKNOWN && result != RNP_ERROR_KEY_NOT_FOUND) {
    refuse(rnp_result_to_string(result));
  }
  const Verdict verdict = judge(raw_ffi, raw_verification, time);
  if (verdict.signer == nullptr) {
    std::string why;
    for (const std::string& note : verdict.notes) why += (why.empty() ? "" : "; ") + note;
    refuse(why, "name the archive's keyring in the source's 'keyring'");
  }
  return {.text = text_of(output),
          .fingerprint = fingerprint_of(verdict.signer.get()),
          .key = export_key(verdict.signer.get())};
}

}  // namespace stamp::debian
