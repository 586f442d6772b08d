# The images of a stamp workspace. A plan reads the workspace's files and nothing else; an apply
# builds and publishes what changed. No provider is downloaded: terraform_data is built in.

terraform {
  required_version = ">= 1.4"
}

locals {
  settings = yamldecode(file("${var.workspace}/stamp.yaml"))
  template = var.repository != null ? var.repository : try(local.settings.publish.repository, null)
  locked   = toset([for path in fileset(var.workspace, "*/stamp.lock") : dirname(path)])
  folders  = var.images != null ? var.images : local.locked

  images = {
    for folder in local.folders : folder => {
      name       = yamldecode(file("${var.workspace}/${folder}/recipe.yaml")).name
      repository = try(replace(local.template, "{name}", yamldecode(file("${var.workspace}/${folder}/recipe.yaml")).name), null)
      digest     = try(jsondecode(file("${var.workspace}/${folder}/stamp.lock")).result.digest, null)
    }
  }
  references = {
    for folder, image in local.images : folder => try("${image.repository}:${var.tag}@${image.digest}", null)
  }
}

resource "terraform_data" "published" {
  for_each = local.images

  # A recipe that changed after its lock is noticed here; stamp then says what to do.
  triggers_replace = {
    reference = local.references[each.key]
    recipe    = filesha256("${var.workspace}/${each.key}/recipe.yaml")
  }

  lifecycle {
    precondition {
      condition     = each.value.repository != null
      error_message = "It is not said where '${each.value.name}' is published: set publish.repository in stamp.yaml, or the variable 'repository'."
    }
    precondition {
      condition     = each.value.digest != null
      error_message = "The lock of '${each.value.name}' has no result yet: run 'stamp build ${each.value.name}' and commit its stamp.lock."
    }
  }

  provisioner "local-exec" {
    command = "\"$STAMP\" -C \"$WORKSPACE\" push \"$NAME\" --locked --to \"$REPOSITORY\" --tag \"$TAG\""
    environment = {
      STAMP      = var.stamp
      WORKSPACE  = var.workspace
      NAME       = each.value.name
      REPOSITORY = each.value.repository
      TAG        = var.tag
    }
  }
}
