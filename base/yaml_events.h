#pragma once
// How the two readers of YAML use libfyaml.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <libfyaml.h>

#include "base/handle.h"
#include "base/yaml.h"

namespace stamp {

/// The events of a text, in their order.
class YamlEvents final {
 public:
  /// Whether the lines of a flow collection must be indented more than what it is in, as YAML
  /// wants.
  enum class FlowIndentation { strict, any };

  struct Free {
    fy_parser* parser;
    void operator()(fy_event* event) const;
  };
  using Event = std::unique_ptr<fy_event, Free>;

  struct SyntaxError {
    TextPosition position;
    std::string message;
  };

  /// `text` must outlive this. Errors: internal.
  YamlEvents(std::string_view text, FlowIndentation indentation);

  /// The next event, which must not outlive this; nothing at the end, or where the text is no YAML.
  Event next();
  /// What made next() end before the end. What follows the first one is a consequence of it.
  std::optional<SyntaxError> error() const;

 private:
  Handle<fy_diag, fy_diag_destroy> diag_;
  Handle<fy_parser, fy_parser_destroy> parser_;
};

}  // namespace stamp
