resource "local_file" "a" {
  content = <<-EOT
    image = "registry.example/home/not:1"
  EOT
}
module "b" {
  image = "registry.example/home/b:1"
}
