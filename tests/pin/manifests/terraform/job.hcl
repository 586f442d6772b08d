job "web" {
  group "web" {
    task "web" {
      driver = "docker"
      config {
        image = "registry.example/home/web:1"
      }
    }
  }
}
