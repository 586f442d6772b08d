#pragma once

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace stamp {

/// The message of the Error that `body` throws, as the terminal shows it; "" when it throws none.
inline std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return render(error);
  }
  return "";
}

/// The kind of the Error that `body` throws.
inline ErrorKind kind_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "no error was thrown";
  return ErrorKind::internal;
}

}  // namespace stamp
