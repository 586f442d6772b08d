#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/child.h"

namespace stamp::layer {

/// What a program of the system prints for this input.
inline std::string run(const std::string& program, const std::vector<std::string>& arguments,
                       std::string_view input) {
  Child child({.program = program,
               .arguments = arguments,
               .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC0"}});
  std::string output = child.communicate(input, 256U << 20U);
  EXPECT_EQ(child.wait(), 0) << program;
  return output;
}

}  // namespace stamp::layer
