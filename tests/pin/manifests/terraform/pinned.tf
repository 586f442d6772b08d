locals {
  image = "registry.example/home/web:1@sha256:8b53639f152c8fc6ef30802fde462ba0be9cf085f7580dc69efd72e002abbb35" # kept
}
