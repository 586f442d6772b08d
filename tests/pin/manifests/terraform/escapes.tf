module "a" {
  image = "registry.example/home/a:1\t"
}
module "b" {
  image = "registry.example/home/$${b}:1"
}
