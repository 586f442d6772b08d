#include "pin/yaml_rules.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace stamp::pin {
namespace {

using enum YamlShape;

constexpr std::string_view kKustomize = "kustomize.config.k8s.io";
constexpr std::string_view kFlux = "kustomize.toolkit.fluxcd.io";
constexpr std::string_view kHelm = "helm.toolkit.fluxcd.io";
constexpr std::string_view kSource = "source.toolkit.fluxcd.io";
constexpr std::string_view kMonitoring = "monitoring.coreos.com";
constexpr std::string_view kCnpg = "postgresql.cnpg.io";

constexpr std::array kRules{
    YamlRule{"", "Pod", "spec", pod},
    YamlRule{"", "PodTemplate", "template.spec", pod},
    YamlRule{"", "Deployment", "spec.template.spec", pod},
    YamlRule{"", "StatefulSet", "spec.template.spec", pod},
    YamlRule{"", "DaemonSet", "spec.template.spec", pod},
    YamlRule{"", "ReplicaSet", "spec.template.spec", pod},
    YamlRule{"", "ReplicationController", "spec.template.spec", pod},
    YamlRule{"", "Job", "spec.template.spec", pod},
    YamlRule{"", "CronJob", "spec.jobTemplate.spec.template.spec", pod},
    YamlRule{"", "List", "items[*]", document},
    YamlRule{"", "ConfigMap", "data.ROOK_*_IMAGE", reference},
    YamlRule{kHelm, "HelmRelease", "spec.values", values},
    YamlRule{kHelm, "HelmRelease", "spec.postRenderers[*].kustomize.images[*]", renamed},
    YamlRule{kFlux, "Kustomization", "spec.images[*]", renamed},
    YamlRule{kSource, "OCIRepository", "spec", oci_repository},
    YamlRule{kKustomize, "Kustomization", "images[*]", renamed},
    YamlRule{kKustomize, "Kustomization", "helmCharts[*].valuesInline", values},
    YamlRule{kKustomize, "Component", "images[*]", renamed},
    YamlRule{"ceph.rook.io", "CephCluster", "spec.cephVersion.image", reference},
    YamlRule{kCnpg, "Cluster", "spec.imageName", reference},
    YamlRule{kCnpg, "ImageCatalog", "spec.images[*].image", reference},
    YamlRule{kCnpg, "ClusterImageCatalog", "spec.images[*].image", reference},
    YamlRule{kCnpg, "Pooler", "spec.template.spec", pod},
    YamlRule{kMonitoring, "Prometheus", "spec.image", reference},
    YamlRule{kMonitoring, "Prometheus", "spec.thanos.image", reference},
    YamlRule{kMonitoring, "Prometheus", "spec", pod},
    YamlRule{kMonitoring, "PrometheusAgent", "spec.image", reference},
    YamlRule{kMonitoring, "PrometheusAgent", "spec", pod},
    YamlRule{kMonitoring, "Alertmanager", "spec.image", reference},
    YamlRule{kMonitoring, "Alertmanager", "spec", pod},
    YamlRule{kMonitoring, "ThanosRuler", "spec.image", reference},
    YamlRule{kMonitoring, "ThanosRuler", "spec", pod},
    YamlRule{"grafana.integreatly.org", "Grafana", "spec.deployment.spec.template.spec", pod},
    YamlRule{"tailscale.com", "ProxyClass", "spec.statefulSet.pod.tailscaleContainer.image",
             reference},
    YamlRule{"tailscale.com", "ProxyClass", "spec.statefulSet.pod.tailscaleInitContainer.image",
             reference},
    YamlRule{"", "Talos", "machine.install.image", reference},
    YamlRule{"", "Talos", "machine.kubelet.image", reference},
    YamlRule{"", "Talos", "machine.pods[*]", document},
    YamlRule{"", "Talos", "cluster.apiServer.image", reference},
    YamlRule{"", "Talos", "cluster.controllerManager.image", reference},
    YamlRule{"", "Talos", "cluster.scheduler.image", reference},
    YamlRule{"", "Talos", "cluster.proxy.image", reference},
    YamlRule{"", "Talos", "cluster.etcd.image", reference},
    YamlRule{"", "Talos", "cluster.coreDNS.image", reference},
    YamlRule{"", "Compose", "services.*.image", reference},
    YamlRule{"", "GitHub Actions", "jobs.*.container", reference},
    YamlRule{"", "GitHub Actions", "jobs.*.container.image", reference},
    YamlRule{"", "GitHub Actions", "jobs.*.services.*.image", reference},
    YamlRule{"", "GitHub Actions", "jobs.*.steps[*].uses", docker},
    YamlRule{"", "GitHub Actions", "runs.steps[*].uses", docker},
    YamlRule{"", "GitHub Actions", "runs.image", docker},
    YamlRule{"", "Helm values", "", values},
    YamlRule{"", "Terraform", "", values},
    YamlRule{"", "JSON patch", "[*]", patch},
};

bool has_mapping(const YamlTreeNode& document, std::string_view key) {
  const YamlTreeNode* value = document.find(key);
  return value != nullptr && value->is_mapping();
}

/// Whether a mapping has no keys but these.
template <std::size_t count>
bool has_only(const YamlTreeNode& document, const std::array<std::string_view, count>& keys) {
  for (std::size_t i = 0; i < document.items.size(); i += 2) {
    const std::string_view key = document.items[i].text;
    if (key.starts_with("x-")) continue;
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) return false;
  }
  return true;
}

/// A machine configuration of Talos, or a patch of one.
bool is_talos(const YamlTreeNode& document) {
  constexpr std::array<std::string_view, 5> kKeys{"version", "debug", "persist", "machine",
                                                  "cluster"};
  return (has_mapping(document, "machine") || has_mapping(document, "cluster")) &&
         has_only(document, kKeys);
}

bool is_compose(const YamlTreeNode& document) {
  constexpr std::array<std::string_view, 9> kKeys{"version",  "name",     "include",
                                                  "services", "networks", "volumes",
                                                  "configs",  "secrets",  "models"};
  return has_mapping(document, "services") && has_only(document, kKeys);
}

/// The operations that RFC 6902 describes, as patches of Talos and kustomize have them.
bool is_patch(const YamlTreeNode& document) {
  return document.is_sequence() && !document.items.empty() &&
         document.items.front().text_of("path").starts_with('/') &&
         !document.items.front().text_of("op").empty();
}

bool is_actions(const YamlTreeNode& document) {
  if (has_mapping(document, "jobs")) return document.find("on") != nullptr;
  const YamlTreeNode* runs = document.find("runs");
  return runs != nullptr && !runs->text_of("using").empty();
}

}  // namespace

std::span<const YamlRule> yaml_rules() {
  return kRules;
}

YamlKind kind_of(std::string_view file, const YamlTreeNode& document) {
  if (is_patch(document)) return {"", "JSON patch"};
  if (!document.is_mapping()) return {};
  const std::string name = lower_case(file.substr(file.rfind('/') + 1));
  const std::string_view kind = document.text_of("kind");
  const std::string_view version = document.text_of("apiVersion");
  if (!kind.empty() && (!version.empty() || kind == "List")) {
    const std::size_t slash = version.find('/');
    return {slash == std::string_view::npos ? std::string_view() : version.substr(0, slash), kind};
  }
  if (name == "kustomization.yaml" || name == "kustomization.yml" || name == "kustomization") {
    return {kKustomize, kind.empty() ? "Kustomization" : kind};
  }
  if (name.ends_with(".tfvars.json") || name.ends_with(".tf.json")) return {"", "Terraform"};
  if (name.find("values") != std::string::npos) return {"", "Helm values"};
  if (is_talos(document)) return {"", "Talos"};
  if (is_actions(document)) return {"", "GitHub Actions"};
  if (is_compose(document)) return {"", "Compose"};
  return {};
}

}  // namespace stamp::pin
