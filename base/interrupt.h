#pragma once

namespace stamp {

/// Lets SIGINT, SIGTERM and SIGHUP be noticed by throw_if_interrupted(); a second signal ends the
/// process at once. Called by main, once.
void watch_for_interruption();

/// Whether a termination signal came.
bool was_interrupted();

/// Errors: interrupted, when a termination signal came. Long loops call it.
void throw_if_interrupted();

}  // namespace stamp
