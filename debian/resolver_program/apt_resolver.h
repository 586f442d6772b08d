#pragma once

#include <filesystem>

#include "debian/resolver.h"

namespace stamp::debian {

/// The request as the program gets it: the indexes have names as apt wants them.
struct AptRequest {
  ResolveRequest request;
  std::filesystem::path status;  ///< an empty file: nothing is installed
};

/// Prepares libapt-pkg; before confine(). Errors: internal.
void prepare_apt(const AptRequest& request);

/// Resolves. Errors: invalid, corrupt.
Resolution resolve_with_apt(const AptRequest& request);

}  // namespace stamp::debian
