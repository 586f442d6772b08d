#include "cli/left_alone.h"

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::cli {

std::vector<LeftAlone> left_alone_in(const pin::Findings& findings) {
  std::vector<LeftAlone> all;
  for (const pin::FileFindings& file : findings.files) {
    for (const pin::Remark& remark : file.left_alone) {
      all.push_back({file.file.name, remark.position.line, remark.path, remark.reason});
    }
  }
  return all;
}

std::vector<LeftAlone> left_alone_by(const pin::PinPlan& plan, const pin::Findings& findings) {
  std::vector<LeftAlone> all = left_alone_in(findings);
  for (const pin::PinRefusal& refusal : plan.left_alone) {
    const pin::FileFindings& file = findings.files[refusal.file];
    const pin::Finding& finding = file.findings[refusal.finding];
    all.push_back({file.file.name, finding.position.line, finding.place.path, refusal.reason});
  }
  return all;
}

void tell(const std::vector<LeftAlone>& all, build::Progress& progress) {
  for (const LeftAlone& left : all) {
    progress.note(fmt::format("{}:{}: left alone: {}{}{}", printable(left.file), left.line,
                              printable(left.path), left.path.empty() ? "" : ": ",
                              printable(left.reason)));
  }
}

}  // namespace stamp::cli
