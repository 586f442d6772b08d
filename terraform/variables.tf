variable "workspace" {
  description = "The stamp workspace: the folder with stamp.yaml."
  type        = string
}

variable "images" {
  description = "The folders of the recipes to publish; all that have a lock, when none is named."
  type        = set(string)
  default     = null
}

variable "repository" {
  description = "Where to publish, {name} standing for the recipe's name; else what stamp.yaml says."
  type        = string
  default     = null
}

variable "tag" {
  description = "The tag to set. What is deployed is decided by the digest beside it."
  type        = string
  default     = "latest"
}

variable "stamp" {
  description = "The program."
  type        = string
  default     = "stamp"
}
