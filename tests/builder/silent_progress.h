#pragma once

#include <cstdint>
#include <string_view>

#include "builder/progress.h"

namespace stamp::build {

/// Tells nobody.
class SilentProgress final : public Progress {
 public:
  void begin(std::string_view, std::uint64_t, std::uint64_t) override {}
  void started(std::string_view) override {}
  void moved(std::uint64_t) override {}
  void finished(std::string_view) override {}
  void end() override {}
  void note(std::string_view) override {}
  void warn(std::string_view) override {}
};

}  // namespace stamp::build
