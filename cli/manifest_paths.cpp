#include "cli/manifest_paths.h"

#include "base/error.h"

namespace stamp::cli {

std::vector<std::filesystem::path> manifest_paths(const std::vector<std::filesystem::path>& said,
                                                  const workspace::Workspace& workspace) {
  if (!said.empty()) return said;
  std::vector<std::filesystem::path> usual = usual_manifest_paths(workspace);
  if (!usual.empty()) return usual;
  throw Error(ErrorKind::usage, "cannot look for images in manifests: no path is named",
              {.hint = "name files or folders, or 'pin: {manifests: […]}' in stamp.yaml"});
}

std::vector<std::filesystem::path> usual_manifest_paths(const workspace::Workspace& workspace) {
  std::vector<std::filesystem::path> paths;
  for (const std::string& path : workspace.settings.pin.manifests) {
    paths.push_back((workspace.folder / path).lexically_normal());
  }
  return paths;
}

}  // namespace stamp::cli
