resource "docker_container" "web" {
  name    = "web"
  image   =     "registry.example/home/web:1"   // aligned
  restart = "always"
}
