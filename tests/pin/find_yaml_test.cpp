#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/pin/described.h"

namespace stamp::pin {
namespace {

/// What is found in a file of that name.
std::string found_in(const std::string& name, const std::string& text,
                     const workspace::PinSettings& settings = {}) {
  return described(text, find_places({name, text}, settings));
}

TEST(FindInYaml, ThePodsOfADeployment) {
  EXPECT_EQ(found_in("a.yaml",
                     "apiVersion: apps/v1\n"
                     "kind: Deployment\n"
                     "spec:\n"
                     "  template:\n"
                     "    spec:\n"
                     "      initContainers:\n"
                     "      - image: registry.example/init:1\n"
                     "      containers:\n"
                     "      - name: a\n"
                     "        image: 'registry.example/a:1'  # why\n"
                     "        args: [--metrics-image=registry.example/m:2, --image=none]\n"
                     "        env:\n"
                     "        - {name: ROOK_CSI_CEPH_IMAGE, value: \"registry.example/csi:3\"}\n"
                     "        - {name: OTHER, value: registry.example/no:3}\n"
                     "      volumes:\n"
                     "      - image: {reference: registry.example/v:1}\n"),
            "Deployment spec.template.spec.initContainers[0].image: registry.example/init:1\n"
            "  whole 7:16 registry.example/init:1\n"
            "Deployment spec.template.spec.containers[0].image: registry.example/a:1\n"
            "  whole 10:16 'registry.example/a:1'\n"
            "Deployment spec.template.spec.containers[0].args[0]: registry.example/m:2\n"
            "  whole 11:16 --metrics-image=registry.example/m:2\n"
            "  before 16\n"
            "Deployment spec.template.spec.containers[0].env[0].value: registry.example/csi:3\n"
            "  whole 13:46 \"registry.example/csi:3\"\n"
            "Deployment spec.template.spec.volumes[0].image.reference: registry.example/v:1\n"
            "  whole 16:28 registry.example/v:1\n");
}

TEST(FindInYaml, NothingWhereNoRuleLeads) {
  EXPECT_EQ(found_in("a.yaml",
                     "apiVersion: v1\n"
                     "kind: ConfigMap\n"
                     "metadata: {annotations: {image: 'registry.example/a:1'}}\n"
                     "data: {image: 'registry.example/a:1', x: 'spec: {containers: []}'}\n"),
            "");
  EXPECT_EQ(found_in("a.yaml", "image: registry.example/a:1\n"), "");
  EXPECT_EQ(found_in("a.yaml", ""), "");
  EXPECT_EQ(found_in("a.yaml", "# nothing\n---\n...\n"), "");
  EXPECT_EQ(found_in("a.json", "[]"), "");
}

TEST(FindInYaml, DocumentsAfterTheFirstAreNumbered) {
  EXPECT_EQ(found_in("a.yaml",
                     "---\n"
                     "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: a:1}]}\n"
                     "---\n"
                     "apiVersion: v1\nkind: List\nitems:\n"
                     "- apiVersion: v1\n  kind: List\n  items:\n"
                     "  - {apiVersion: v1, kind: Pod, spec: {containers: [{image: b:1}]}}\n"),
            "Pod spec.containers[0].image: docker.io/library/a:1\n"
            "  whole 4:29 a:1\n"
            "Pod 2:items[0].items[0].spec.containers[0].image: docker.io/library/b:1\n"
            "  whole 12:61 b:1\n");
}

TEST(FindInYaml, ATemplateIsAPlaceAsFarAsItTells) {
  EXPECT_EQ(found_in("values.yaml",
                     "a: {image: 'registry.example/a:{{ .tag }}'}\n"
                     "b: {image: 'registry.example/a:1@${DIGEST}'}\n"
                     "c: {image: '${IMAGE}'}\n"
                     "d: {image: 'registry.example/${IMAGE}'}\n"
                     "e:\n"
                     "  image: {{ .Values.image }}\n"
                     "f: {repository: registry.example/a, tag: '{{ .tag }}'}\n"
                     "g: {repository: '${REGISTRY}/a', tag: v1}\n"),
            "Helm values a.image: registry.example/a\n"
            "  whole 1:12 'registry.example/a:{{ .tag }}'\n"
            "  after 11\n"
            "  obstacle: a template\n"
            "Helm values b.image: registry.example/a:1\n"
            "  whole 2:12 'registry.example/a:1@${DIGEST}'\n"
            "  after 10\n"
            "  obstacle: a template\n"
            "Helm values f: registry.example/a\n"
            "  name 7:17 registry.example/a\n"
            "  tag 7:42 '{{ .tag }}'\n"
            "  obstacle: a template\n"
            "- c.image 3:12: a template\n"
            "- d.image 4:12: a template\n"
            "- e.image 6:10: a template\n"
            "- g 8:17: a template\n");
}

TEST(FindInYaml, AFileThatIsATemplateIsLeftAlone) {
  EXPECT_EQ(found_in("deployment.yaml",
                     "{{- if .Values.enabled }}\n"
                     "apiVersion: apps/v1\n"
                     "{{- end }}\n"),
            "- a template, which is not YAML yet\n");
  try {
    found_in("deployment.yaml", "apiVersion: apps/v1\nkind: 'x\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.headline(),
              "deployment.yaml:2:8: not valid YAML: single-quoted scalar without closing quote\n"
              "  kind: 'x\n"
              "         ^");
  }
}

TEST(FindInYaml, WhatAliasesShareMustNotBeChanged) {
  EXPECT_EQ(found_in("compose.yaml",
                     "x-base: &base\n"
                     "  image: registry.example/base:1\n"
                     "x-image: &image registry.example/a:1\n"
                     "services:\n"
                     "  a: {<<: *base}\n"
                     "  b: *base\n"
                     "  c: {image: *image}\n"
                     "  d: {image: &mine registry.example/d:1, hostname: *mine}\n"
                     "  e: {image: &unused registry.example/e:1}\n"
                     "  f: {image: *nowhere}\n"),
            "Compose services.a.image: registry.example/base:1\n"
            "  whole 2:10 registry.example/base:1\n"
            "  obstacle: the anchor 'base' of line 2 is used on line 5 too\n"
            "Compose services.c.image: registry.example/a:1\n"
            "  whole 7:14 *image\n"
            "  obstacle: an alias of 'image' of line 3\n"
            "Compose services.d.image: registry.example/d:1\n"
            "  whole 8:20 registry.example/d:1\n"
            "  obstacle: the anchor 'mine' of line 8 is used on line 8 too\n"
            "Compose services.e.image: registry.example/e:1\n"
            "  whole 9:22 registry.example/e:1\n");
}

TEST(FindInYaml, AliasesThatExplodeAreRefused) {
  std::string text = "apiVersion: v1\nkind: List\nx: &a {kind: List, items: [1]}\n";
  for (char c = 'b'; c < 'h'; ++c) {
    text += std::string("x") + c + ": &" + c + " {kind: List, items: [";
    for (int i = 0; i < 9; ++i) text += std::string("*") + static_cast<char>(c - 1) + ", ";
    text += "]}\n";
  }
  try {
    found_in("a.yaml", text + "items: [*g]\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.headline(),
              "a.yaml:4:41: aliases lead to more than 1000 places\n"
              "  xb: &b {kind: List, items: [*a, *a, *a, *a, *a, *a, *a, *a, *a, ]}\n"
              "                                          ^");
  }
}

TEST(FindInYaml, WhatCannotBeWrittenBackIsAnObstacle) {
  EXPECT_EQ(found_in("a.yaml",
                     "apiVersion: v1\n"
                     "kind: Pod\n"
                     "spec:\n"
                     "  containers:\n"
                     "  - image: |\n"
                     "      registry.example/a:1\n"
                     "  - image: >-\n"
                     "      registry.example/b:1\n"
                     "  - image: !!binary abcd\n"
                     "  - image: !!str registry.example/c:1\n"
                     "  - image: \n"
                     "  - image: ''\n"
                     "  - image: Not an image\n"
                     "  - image: \"registry.example\\u002Fd:1\"\n"),
            "Pod spec.containers[0].image: registry.example/a:1\n"
            "  whole 6:1       registry.example/a:1\n"
            "  after 1\n"
            "  obstacle: a block text\n"
            "Pod spec.containers[1].image: registry.example/b:1\n"
            "  whole 8:1       registry.example/b:1\n"
            "  obstacle: a block text\n"
            "Pod spec.containers[2].image: docker.io/library/abcd\n"
            "  whole 9:21 abcd\n"
            "  obstacle: the tag '!!binary'\n"
            "Pod spec.containers[3].image: registry.example/c:1\n"
            "  whole 10:18 registry.example/c:1\n"
            "Pod spec.containers[7].image: registry.example/d:1\n"
            "  whole 14:12 \"registry.example\\u002Fd:1\"\n");
}

TEST(FindInYaml, HelmValuesInParts) {
  EXPECT_EQ(found_in("values-prod.yaml",
                     "image: {registry: quay.io, repository: a/b, tag: v1, sha: ''}\n"
                     "a: {image: {repository: quay.io/a/b, tag: '', pullPolicy: Always}}\n"
                     "b: {image: {repository: quay.io/a/b}}\n"
                     "c: {image: {registry: registry.k8s.io, image: a/b, tag: v1, digest: ''}}\n"
                     "d: {image: {repository: a/b, tag: 1.10, digest: }}\n"
                     "e: {image: {repository: a/b, tag: v1, image: ''}}\n"
                     "f: {image: {repository: a/b, tag: v1, image: 'c/d:2'}}\n"
                     "g: {image: {repository: a/b, override: 'c/d:2', useDigest: true}}\n"
                     "h: {image: {repository: a/b, tag: v1, genericDigest: '', useDigest: false}}\n"
                     "i: {chart: {repository: https://charts.example, version: 1}}\n"
                     "j: {repository: a/b:1, tag: ''}\n"
                     "k: {sidecarImage: a/b:1, logoImage: a/b.png, image: nginx}\n"
                     "l: {images: {one: a/b:1, pullPolicy: x}, extraArgs: [--x-image=a/b:2]}\n"),
            "Helm values image: quay.io/a/b:v1\n"
            "  name 1:40 a/b\n"
            "  tag 1:50 v1\n"
            "  bare digest 1:59 ''\n"
            "Helm values a.image: quay.io/a/b\n"
            "  name 2:25 quay.io/a/b\n"
            "  tag 2:43 ''\n"
            "  obstacle: the tag is empty: the chart chooses it\n"
            "Helm values b.image: quay.io/a/b\n"
            "  name 3:25 quay.io/a/b\n"
            "  obstacle: neither a tag nor a digest is written\n"
            "Helm values c.image: registry.k8s.io/a/b:v1\n"
            "  name 4:47 a/b\n"
            "  tag 4:57 v1\n"
            "  digest 4:69 ''\n"
            "Helm values d.image: docker.io/a/b:1.10\n"
            "  name 5:25 a/b\n"
            "  tag 5:35 1.10\n"
            "  note: the tag is a number to YAML: quote it\n"
            "Helm values e.image: docker.io/a/b:v1\n"
            "  name 6:25 a/b\n"
            "  tag 6:35 v1\n"
            "Helm values f.image.image: docker.io/c/d:2\n"
            "  whole 7:46 'c/d:2'\n"
            "Helm values g.image.override: docker.io/c/d:2\n"
            "  whole 8:40 'c/d:2'\n"
            "Helm values h.image: docker.io/a/b-generic:v1\n"
            "  name 9:25 a/b\n"
            "  tag 9:35 v1\n"
            "  digest 9:54 ''\n"
            "  note: useDigest is false: the digest is not used\n"
            "Helm values j.repository: docker.io/a/b:1\n"
            "  whole 11:17 a/b:1\n"
            "Helm values k.sidecarImage: docker.io/a/b:1\n"
            "  whole 12:19 a/b:1\n"
            "Helm values k.image: docker.io/library/nginx\n"
            "  whole 12:53 nginx\n"
            "Helm values l.images.one: docker.io/a/b:1\n"
            "  whole 13:19 a/b:1\n"
            "Helm values l.extraArgs[0]: docker.io/a/b:2\n"
            "  whole 13:54 --x-image=a/b:2\n"
            "  before 10\n");
}

TEST(FindInYaml, WhatTheUserDeclares) {
  workspace::PinSettings settings;
  settings.paths = {{"", "Widget", "spec.images[*]"},
                    {"w.yaml", "", "spec.args[*]"},
                    {"sub/*.yaml", "", "spec.never"},
                    {"", "", "spec.box"},
                    {"", "", "spec.\"a.b\""}};
  EXPECT_EQ(found_in("sub/w.yaml",
                     "kind: Widget\n"
                     "spec:\n"
                     "  images: [a/b:1, oci://registry.example/c, x y]\n"
                     "  args: [--any=a/d:1, IMAGE=a/e:1, -v]\n"
                     "  box: {repository: a/f, tag: 1.0.0, digest: ''}\n"
                     "  a.b: a/g:1\n",
                     settings),
            "Widget spec.images[0]: docker.io/a/b:1\n"
            "  whole 3:12 a/b:1\n"
            "Widget spec.images[1]: registry.example/c\n"
            "  whole 3:19 oci://registry.example/c\n"
            "  before 6\n"
            "pin.paths spec.args[0]: docker.io/a/d:1\n"
            "  whole 4:10 --any=a/d:1\n"
            "  before 6\n"
            "pin.paths spec.args[1]: docker.io/a/e:1\n"
            "  whole 4:23 IMAGE=a/e:1\n"
            "  before 6\n"
            "pin.paths spec.box: docker.io/a/f:1.0.0\n"
            "  name 5:21 a/f\n"
            "  tag 5:31 1.0.0\n"
            "  digest 5:46 ''\n"
            "pin.paths spec.\"a.b\": docker.io/a/g:1\n"
            "  whole 6:8 a/g:1\n");
}

TEST(FindInYaml, JsonIsYamlWithItsOwnNotation) {
  EXPECT_EQ(found_in("prod.tfvars.json",
                     "{\n\t\"app_image\": \"registry.example\\/a:1\",\r\n"
                     "\t\"image\": \"a\", \"x\": [{\"image\": {\"repository\": \"a/b\", "
                     "\"tag\": 1.2, \"digest\": null}}],\n"
                     "\t\"title\": \"\\ud83d\\ude00 a/b:1\"}\n"),
            "Terraform app_image: registry.example/a:1\n"
            "  whole 2:15 \"registry.example\\/a:1\"\n"
            "Terraform image: docker.io/library/a\n"
            "  whole 3:11 \"a\"\n"
            "Terraform x[0].image: docker.io/a/b:1.2\n"
            "  name 3:47 \"a/b\"\n"
            "  tag 3:61 1.2\n"
            "  digest 3:76 null\n"
            "  note: the tag is a number to YAML: quote it\n");
  const FileText file{"a.json",
                      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"containers\":"
                      "[{\"image\":\"a/b:1\"}]}}"};
  const Found found = find_places(file, {});
  ASSERT_EQ(found.places.size(), 1U);
  EXPECT_EQ(found.places[0].whole->notation, Notation::json);
}

}  // namespace
}  // namespace stamp::pin
