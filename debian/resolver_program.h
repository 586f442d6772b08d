#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace stamp::debian {

/// The helper program `stamp-resolver`: it holds librnp and libapt-pkg and parses what is not
/// trusted yet. Needed for making locks only.
class ResolverProgram final {
 public:
  /// `program` is its path; it is run when it is asked.
  explicit ResolverProgram(std::filesystem::path program) : program_(std::move(program)) {}
  /// The one that belongs to the stamp at `own_program`: beside it, or in ../libexec/stamp.
  /// Errors: unavailable.
  static ResolverProgram beside(const std::filesystem::path& own_program);

  /// Runs it with a request (a JSON document) and returns its answer (likewise). Errors: those that
  /// the program reports; unavailable (it cannot be run); internal (it died).
  std::string ask(std::string_view request) const;

 private:
  std::filesystem::path program_;
};

}  // namespace stamp::debian
