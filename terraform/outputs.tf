output "references" {
  description = "By folder of the recipe: REPOSITORY:TAG@DIGEST. Known when planning; what uses it waits until it is published."
  value       = local.references
  depends_on  = [terraform_data.published]
}

output "digests" {
  description = "By folder of the recipe: the digest of the image's index."
  value       = { for folder, image in local.images : folder => image.digest }
  depends_on  = [terraform_data.published]
}
