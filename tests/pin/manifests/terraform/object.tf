module "apps" {
  apps = {
    web = { image = "registry.example/home/web:1", replicas = 2 }
    db  = {
      image = "postgres:16"
    }
  }
}
