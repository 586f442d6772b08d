#include "base/yaml_events.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp {

void YamlEvents::Free::operator()(fy_event* event) const {
  fy_parser_event_free(parser, event);
}

YamlEvents::YamlEvents(std::string_view text, FlowIndentation indentation) {
  fy_diag_cfg diag_settings{};
  diag_settings.level = FYET_ERROR;
  diag_settings.module_mask = ~0U;
  diag_.reset(fy_diag_create(&diag_settings));
  if (diag_ == nullptr) throw Error(ErrorKind::internal, "libfyaml gives no diagnostics");
  fy_diag_set_collect_errors(diag_.get(), true);
  fy_parse_cfg settings{};
  settings.search_path = "";
  settings.flags = static_cast<fy_parse_cfg_flags>(
      FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE |
      (indentation == FlowIndentation::any ? FYPCF_SLOPPY_FLOW_INDENTATION : 0));
  settings.diag = diag_.get();
  parser_.reset(fy_parser_create(&settings));
  if (parser_ == nullptr || fy_parser_set_string(parser_.get(), text.data(), text.size()) != 0) {
    throw Error(ErrorKind::internal, "libfyaml gives no parser");
  }
}

YamlEvents::Event YamlEvents::next() {
  return Event(fy_parser_parse(parser_.get()), Free{parser_.get()});
}

std::optional<YamlEvents::SyntaxError> YamlEvents::error() const {
  void* previous = nullptr;
  while (const fy_diag_error* error = fy_diag_errors_iterate(diag_.get(), &previous)) {
    if (error->type != FYET_ERROR) continue;
    std::string_view message = error->msg == nullptr ? "" : error->msg;
    while (message.ends_with('\n')) message.remove_suffix(1);
    return SyntaxError{.position = {static_cast<std::size_t>(std::max(error->line, 1)),
                                    static_cast<std::size_t>(std::max(error->column, 1))},
                       .message = fmt::format("not valid YAML: {}", message)};
  }
  if (!fy_parser_get_stream_error(parser_.get())) return std::nullopt;
  return SyntaxError{.position = {}, .message = "not valid YAML"};
}

}  // namespace stamp
