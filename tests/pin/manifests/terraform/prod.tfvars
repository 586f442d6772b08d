app_image   = "registry.example/home/app:1"
image       = "registry.example/home/web:1"
description = "registry.example/home/not:1"
