variable "tag" {}
resource "docker_container" "a" {
  image = "registry.example/home/a:${var.tag}"
}
resource "docker_container" "b" {
  image = docker_image.b.image_id
}
resource "docker_container" "c" {
  image = var.image
}
