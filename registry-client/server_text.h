#pragma once
// What servers say in words: the text of errors and warnings, made fit for people.

#include <string>
#include <string_view>
#include <vector>

#include "registry-client/transport.h"

namespace stamp::registry {

/// One entry of a registry's error document.
struct ServerError {
  std::string code;     ///< "MANIFEST_BLOB_UNKNOWN"
  std::string message;  ///< as it came
  std::string detail;   ///< a text in it, or the text `digest` of it; empty: none
};

/// The errors that a body names; none when it is no such document.
/// Spec: OCI distribution-spec 1.1 "Error Codes".
std::vector<ServerError> read_server_errors(std::string_view body);

/// "403 Forbidden: requested access is denied (DENIED)": the status, and what the registry says
/// about it; control characters escaped and cut to a line's length.
std::string describe_answer(int status, std::string_view body);

/// The texts of an answer's Warning fields, as they came. Spec: OCI distribution-spec 1.1
/// "Warnings": code 299, at most 4096 bytes.
std::vector<std::string> read_warnings(const Response& head);

}  // namespace stamp::registry
