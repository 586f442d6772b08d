#include "builder/store/flush_at_end.h"

#include "base/error.h"

namespace stamp::build {

FlushAtEnd::~FlushAtEnd() {
  try {
    cache_.flush();
  } catch (const Error&) {  // best effort: the error that ended the work is the one to show
  }
}

}  // namespace stamp::build
