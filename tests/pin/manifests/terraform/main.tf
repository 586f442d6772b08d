resource "kubernetes_deployment" "web" {
  spec {
    template {
      spec {
        container {
          name  = "web"
          image = "registry.example/home/web:1"
        }
      }
    }
  }
}
