#pragma once

#include <cstddef>
#include <functional>

namespace stamp::pin {

/// Questions that wait for registries at the same time; a registry gets no more than its settings
/// say.
inline constexpr std::size_t kQuestionsAtOnce = 8;

/// Asks the questions below `count`, at most `at_once` of them at the same time. Errors: the first
/// of a question, which keeps those that have not begun from being asked.
void ask_all(std::size_t count, const std::function<void(std::size_t)>& ask,
             std::size_t at_once = kQuestionsAtOnce);

}  // namespace stamp::pin
