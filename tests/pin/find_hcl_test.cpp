#include <string>

#include <gtest/gtest.h>

#include "pin/find.h"
#include "tests/expect_error.h"
#include "tests/pin/found_text.h"

namespace stamp::pin {
namespace {

std::string found_in(const std::string& text) {
  return found_text(text, find_places({"main.tf", text}, {}));
}

std::string refusal_of(const std::string& text) {
  return message_of([&] { find_places({"main.tf", text}, {}); });
}

TEST(FindInHcl, ImagesOfBlocksHaveThePathOfTheBlock) {
  EXPECT_EQ(found_in(R"(
resource "docker_container" "web" {
  name  = "web"
  image = "registry.example/home/web:1"
}
resource "kubernetes_deployment" "web" {
  spec {
    template {
      spec {
        init_container { image = "docker://registry.example/home/init:1" }
        container {
          image             = "registry.example/home/web@sha256:18c4eb57cd3fbbfd9ad5ee3b5d3ebd6c2ba1ebe3c2ebbd6dbb6fb62dae1b3a35"
          image_pull_policy = "Always"
        }
      }
    }
  }
}
locals { sidecar_image = "quay.io/x/sidecar" }
)"),
            "Terraform resource.docker_container.web.image = registry.example/home/web:1 "
            "whole<\"registry.example/home/web:1\">\n"
            "Terraform resource.kubernetes_deployment.web.spec.template.spec.init_container.image "
            "= registry.example/home/init:1 whole<\"docker://registry.example/home/init:1\"> "
            "before 9\n"
            "Terraform resource.kubernetes_deployment.web.spec.template.spec.container.image = "
            "registry.example/home/web@sha256:"
            "18c4eb57cd3fbbfd9ad5ee3b5d3ebd6c2ba1ebe3c2ebbd6dbb6fb62dae1b3a35 "
            "whole<\"registry.example/home/web@sha256:"
            "18c4eb57cd3fbbfd9ad5ee3b5d3ebd6c2ba1ebe3c2ebbd6dbb6fb62dae1b3a35\">\n"
            "Terraform locals.sidecar_image = quay.io/x/sidecar whole<\"quay.io/x/sidecar\">\n");
}

TEST(FindInHcl, TheNameOfDockersImagesIsAReference) {
  EXPECT_EQ(found_in(R"(
resource "docker_image" "web" {
  name = "nginx"
  build { name = "x/y" }
}
data "docker_registry_image" "web" { name = "registry.example/home/web:1" }
resource "docker_registry_image" "web" { name = "registry.example/home/web:2" }
resource "docker_network" "web" { name = "home/web" }
)"),
            "Terraform resource.docker_image.web.name = docker.io/library/nginx whole<\"nginx\">\n"
            "Terraform data.docker_registry_image.web.name = registry.example/home/web:1 "
            "whole<\"registry.example/home/web:1\">\n");
}

TEST(FindInHcl, AVariablesDefaultIsReadByTheVariablesName) {
  EXPECT_EQ(found_in(R"(
variable "web_image" {
  type    = string
  default = "registry.example/home/web:1"
}
variable "folder" { default = "home/web:1" }
variable "images" {
  default = {
    web  = "registry.example/home/web:2"
    kind = "web:2"
  }
}
)"),
            "Terraform variable.web_image.default = registry.example/home/web:1 "
            "whole<\"registry.example/home/web:1\">\n"
            "Terraform variable.images.default.web = registry.example/home/web:2 "
            "whole<\"registry.example/home/web:2\">\n");
}

TEST(FindInHcl, ObjectsListsAndCallsAreLookedInto) {
  EXPECT_EQ(found_in(R"(
module "app" {
  values = [yamlencode({
    web = { image = "registry.example/home/web:1", "init_image" : "registry.example/home/init:1" }
    other : [for name, x in var.x : { image = "registry.example/home/c:1" } if x != ""]
  })]
  more          = { for k in var.k : k => { image = "registry.example/home/d:1" } }
  worker_images = [
    "registry.example/home/e:1", // the first
    "e:2",
    var.image["registry.example/home/f:1"],
  ]
}
)"),
            "Terraform module.app.values[0].web.image = registry.example/home/web:1 "
            "whole<\"registry.example/home/web:1\">\n"
            "Terraform module.app.values[0].web.init_image = registry.example/home/init:1 "
            "whole<\"registry.example/home/init:1\">\n"
            "Terraform module.app.values[0].other[*].image = registry.example/home/c:1 "
            "whole<\"registry.example/home/c:1\">\n"
            "Terraform module.app.more.image = registry.example/home/d:1 "
            "whole<\"registry.example/home/d:1\">\n"
            "Terraform module.app.worker_images[0] = registry.example/home/e:1 "
            "whole<\"registry.example/home/e:1\">\n");
}

TEST(FindInHcl, PartsOfAReferenceAreOnePlace) {
  EXPECT_EQ(found_in(R"(
locals {
  web  = { repository = "registry.example/home/web", tag = "1", digest = "" }
  init = { registry = "registry.example", image = "home/init", tag = "2" }
  git  = { repository = "https://git.example/home/web", tag = "v1" }
  late = { repository = "registry.example/home/late", tag = var.tag, digest = "sha256:0" }
}
image {
  registry   = "registry.example"
  repository = "home/web"
  tag        = "3@sha256:18c4eb57cd3fbbfd9ad5ee3b5d3ebd6c2ba1ebe3c2ebbd6dbb6fb62dae1b3a35"
}
)"),
            "Terraform locals.web = registry.example/home/web:1 "
            "name<\"registry.example/home/web\"> tag<\"1\"> digest<\"\">\n"
            "Terraform locals.init = registry.example/home/init:2 name<\"home/init\"> tag<\"2\">\n"
            "Terraform image = registry.example/home/web:3@sha256:"
            "18c4eb57cd3fbbfd9ad5ee3b5d3ebd6c2ba1ebe3c2ebbd6dbb6fb62dae1b3a35 name<\"home/web\"> "
            "tag<\"3@sha256:"
            "18c4eb57cd3fbbfd9ad5ee3b5d3ebd6c2ba1ebe3c2ebbd6dbb6fb62dae1b3a35\">\n");
}

TEST(FindInHcl, TemplatesAreLeftAlone) {
  EXPECT_EQ(found_in(R"(
locals {
  web   = { image = "${var.registry}/home/web:1" }
  init  = { image = "registry.example/home/init:%{ if true }1%{ endif }" }
  deep  = { image = "registry.example/home/deep:${lookup({ a = "}" }, "x${"\""}")}" }
  parts = { repository = "registry.example/home/web", tag = "${var.tag}" }
  exact = { image = "registry.example/home/web:1", label = "$${x} %%{y}" }
}
)"),
            "Terraform locals.exact.image = registry.example/home/web:1 "
            "whole<\"registry.example/home/web:1\">\n"
            "locals.web.image: a template at \"${var.regis\n"
            "locals.init.image: a template at \"registry.ex\n"
            "locals.deep.image: a template at \"registry.ex\n"
            "locals.parts: a template at \"${var.tag}\"\n");
}

TEST(FindInHcl, CommentsHeredocsAndComputedValuesHaveNone) {
  EXPECT_EQ(
      found_in("\xEF\xBB\xBF# image = \"registry.example/home/a:1\"\r\n"
               "// image = \"registry.example/home/b:1\"\r\n"
               "/* image = \"registry.example/home/c:1\"\r\n */\r\n"
               "user_data = <<-EOT\r\n"
               "  image = \"registry.example/home/d:1\" ${x\r\n"
               "  EOT\r\n"
               "script = <<EOT\n image: \"\nEOT\n"
               "image = var.x == \"\" ? \"registry.example/home/e:1\" : var.x\r\n"
               "my_image = (\"registry.example/home/f:1\")\n"
               "web_image = \"registry.example/home/g:1\" # here\r\n"),
      "Terraform web_image = registry.example/home/g:1 whole<\"registry.example/home/g:1\">\n");
}

TEST(FindInHcl, ImagesOfVirtualMachinesAreNone) {
  EXPECT_EQ(found_in(R"(
resource "hcloud_server" "a" { image = "debian-12" }
resource "google_compute_instance" "b" {
  boot_disk { initialize_params { image = "debian-cloud/debian-12" } }
}
variable "server_image" { default = "debian-12" }
resource "kubernetes_pod" "c" { spec { container { image = "nginx" } } }
)"),
            "Terraform resource.kubernetes_pod.c.spec.container.image = docker.io/library/nginx "
            "whole<\"nginx\">\n");
}

TEST(FindInHcl, EscapesAreRead) {
  EXPECT_EQ(found_in("image = \"registry.example\\u002fhome\\U0000002Fweb:1\"\n"),
            "Terraform image = registry.example/home/web:1 "
            "whole<\"registry.example\\u002fhome\\U0000002Fweb:1\">\n");
  const std::string text = "image = \"registry.example\\u002fhome/web:1\"\n";
  EXPECT_EQ(find_places({"a.tf", text}, {}).places.front().whole,
            (Field{{8, 42}, Notation::hcl, "registry.example/home/web:1"}));
}

TEST(FindInHcl, AFileOfNomadIsHcl) {
  const std::string text = "job \"web\" { task \"web\" { config { image = \"redis:7\" } } }\n";
  EXPECT_EQ(found_text(text, find_places({"web.nomad.hcl", text}, {})),
            "HCL job.web.task.web.config.image = docker.io/library/redis:7 whole<\"redis:7\">\n");
}

TEST(FindInHcl, WhatIsNoHclIsRefusedWithItsPlace) {
  EXPECT_EQ(refusal_of("a = 1\nb \"x\" {\n  c = 2\n"),
            "stamp: error: main.tf:2:7: the block has no end: '}' is missing\n"
            "  b \"x\" {\n"
            "        ^\n");
  EXPECT_EQ(refusal_of("a = \"x\nb = 1\n"),
            "stamp: error: main.tf:1:5: the string has no end: '\"' is missing\n"
            "  a = \"x\n"
            "      ^\n");
  EXPECT_EQ(refusal_of("a = <<X\nb\n"),
            "stamp: error: main.tf:1:5: the heredoc has no end: a line 'X' is missing\n"
            "  a = <<X\n"
            "      ^\n");
  EXPECT_EQ(refusal_of("a = <<\nb\n"),
            "stamp: error: main.tf:1:5: a word and the line's end belong behind '<<'\n"
            "  a = <<\n"
            "      ^\n");
  EXPECT_EQ(refusal_of("/* a\n"),
            "stamp: error: main.tf:1:1: the comment has no end: '*/' is missing\n"
            "  /* a\n"
            "  ^\n");
  EXPECT_EQ(refusal_of("a = \"${b\"\n"),
            "stamp: error: main.tf:1:9: the string has no end: '\"' is missing\n"
            "  a = \"${b\"\n"
            "          ^\n");
  EXPECT_EQ(refusal_of("a = \"${b\n"),
            "stamp: error: main.tf:1:6: the template has no end: '}' is missing\n"
            "  a = \"${b\n"
            "       ^\n");
  EXPECT_EQ(refusal_of("a = \"\\q\"\n"),
            "stamp: error: main.tf:1:6: HCL knows no such escape; a backslash itself is written "
            "'\\\\'\n"
            "  a = \"\\q\"\n"
            "       ^\n");
  EXPECT_EQ(refusal_of("a = \"\\u00g0\"\n"),
            "stamp: error: main.tf:1:6: the escape is cut short\n"
            "  a = \"\\u00g0\"\n"
            "       ^\n");
  EXPECT_EQ(refusal_of("a = \"\\ud800\"\n"),
            "stamp: error: main.tf:1:6: the escape stands for no character\n"
            "  a = \"\\ud800\"\n"
            "       ^\n");
}

TEST(FindInHcl, WhatIsOutOfPlaceIsRefused) {
  EXPECT_EQ(refusal_of("a = 1 }\n"),
            "stamp: error: main.tf:1:7: an attribute or a block should begin here\n"
            "  a = 1 }\n"
            "        ^\n");
  EXPECT_EQ(refusal_of("a = 1, b = 2\n"),
            "stamp: error: main.tf:1:6: the line should end here\n"
            "  a = 1, b = 2\n"
            "       ^\n");
  EXPECT_EQ(refusal_of("a b\n"),
            "stamp: error: main.tf:1:4: '=' or '{' is missing here\n"
            "  a b\n"
            "     ^\n");
  EXPECT_EQ(refusal_of("a =\n"),
            "stamp: error: main.tf:1:4: a value is missing here\n"
            "  a =\n"
            "     ^\n");
  EXPECT_EQ(refusal_of("a = b = c\n"),
            "stamp: error: main.tf:1:7: this cannot be part of an expression\n"
            "  a = b = c\n"
            "        ^\n");
  EXPECT_EQ(refusal_of("a = [1, 2\nb = 1\n"),
            "stamp: error: main.tf:2:3: this cannot be part of an expression\n"
            "  b = 1\n"
            "    ^\n");
  EXPECT_EQ(refusal_of("a = [{ b = 1 ]\n"),
            "stamp: error: main.tf:1:6: the object has no end: '}' is missing\n"
            "  a = [{ b = 1 ]\n"
            "       ^\n");
  EXPECT_EQ(refusal_of("a = f(1]\n"),
            "stamp: error: main.tf:1:6: there is no end to this: ')' is missing\n"
            "  a = f(1]\n"
            "       ^\n");
  EXPECT_EQ(refusal_of("a = { b }\n"),
            "stamp: error: main.tf:1:9: '=' is missing here\n"
            "  a = { b }\n"
            "          ^\n");
  EXPECT_EQ(refusal_of("a = { , }\n"),
            "stamp: error: main.tf:1:7: a key should begin here\n"
            "  a = { , }\n"
            "        ^\n");
}

TEST(FindInHcl, NestingHasALimit) {
  EXPECT_EQ(found_in("a = " + std::string(128, '[') + std::string(128, ']')), "");
  EXPECT_TRUE(refusal_of("a = " + std::string(129, '['))
                  .starts_with("stamp: error: main.tf:1:133: it is nested too deeply\n"));
}

}  // namespace
}  // namespace stamp::pin
