#pragma once

#include <string>
#include <string_view>

namespace stamp {

/// A library that is loaded when it is first needed: linking it would cost every start of the
/// program the time to load what it brings along. It stays loaded.
class SharedLibrary final {
 public:
  /// `file`: its name for the loader ("libcurl.so.4"); `package`: what to install when it is not
  /// there. Errors: unavailable.
  SharedLibrary(std::string file, std::string package);

  /// Finds a function by name. Errors: unavailable.
  template <typename Function>
  void resolve(const char* name, Function*& function) const {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): POSIX says that it works
    function = reinterpret_cast<Function*>(find(name));
  }

  /// That the library cannot be used.
  [[noreturn]] void fail(std::string_view why) const;

 private:
  void* find(const char* name) const;

  std::string file_;
  std::string package_;
  void* library_ = nullptr;
};

}  // namespace stamp
