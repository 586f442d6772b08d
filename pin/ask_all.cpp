#include "pin/ask_all.h"

#include <algorithm>

#include "base/pool.h"

namespace stamp::pin {

void ask_all(std::size_t count, const std::function<void(std::size_t)>& ask, std::size_t at_once) {
  if (count == 0) return;
  Pool pool(std::min(std::max<std::size_t>(at_once, 1), count));
  for (std::size_t i = 0; i < count; ++i) pool.add([&ask, i] { ask(i); });
  pool.wait();
}

}  // namespace stamp::pin
