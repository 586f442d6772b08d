#pragma once

#include "cli/arguments.h"
#include "cli/context.h"

namespace stamp::cli {

// One function for each command; each is in a file of its own. Results go to standard output. They
// return when all is done; what fails is thrown.

void run(const LockCommand& command, Context& context);
void run(const BuildCommand& command, Context& context);
void run(const PushCommand& command, Context& context);
void run(const CopyCommand& command, Context& context);
void run(const LoginCommand& command, Context& context);
void run(const LogoutCommand& command, Context& context);
void run(const DoctorCommand& command, Context& context);
void run(const GcCommand& command, Context& context);
void run(const PolicyKyvernoCommand& command, Context& context);
void run(const ExplainCommand& command, Context& context);
void run(const PinCommand& command, Context& context);
void run(const PinListCommand& command, Context& context);
void run(const CacheStatsCommand& command, Context& context);
void run(const CacheVerifyCommand& command, Context& context);
void run(const CachePushCommand& command, Context& context);
void run(const CachePullCommand& command, Context& context);
/// These need no context: they work where nothing else does.
void run(const VersionCommand& command);
void run(const HelpCommand& command);

}  // namespace stamp::cli
