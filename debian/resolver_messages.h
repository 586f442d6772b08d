#pragma once
// The messages between stamp and its resolver program, as JSON. Both ends use these functions.

#include "base/error.h"
#include "base/json.h"
#include "debian/resolver.h"

namespace stamp::debian {

/// The request without the text of its status file; the names of the index files and of the status
/// file are added by the caller.
Json to_json(const ResolveRequest& request);
/// Errors: what the JSON library throws for a document of another shape.
ResolveRequest request_from_json(const Json& document);

Json to_json(const Resolution& resolution);
/// Errors: invalid.
Resolution resolution_from_json(const Json& document);

/// An error as a value, and back. Kinds that the program does not use become `internal`.
Json to_json(const Error& error);
Error error_from_json(const Json& document);

}  // namespace stamp::debian
