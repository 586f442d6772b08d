#include "debian/control_archive.h"

#include <algorithm>

namespace stamp::debian {

const ControlMember* ControlArchive::find(std::string_view name) const {
  const auto found = std::ranges::find(members, name, &ControlMember::name);
  return found != members.end() ? &*found : nullptr;
}

}  // namespace stamp::debian
