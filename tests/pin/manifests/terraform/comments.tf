# image = "registry.example/home/not:1"
// image = "registry.example/home/not:1"
/* image = "registry.example/home/not:1"
   image = "registry.example/home/not:2" */
module "web" {
  source = "./web"
  image  = "registry.example/home/web:1" /* behind */
}
