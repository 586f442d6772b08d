module "web" {
  image = "registry.example/home/web:1"
}
