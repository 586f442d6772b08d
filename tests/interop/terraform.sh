#!/usr/bin/env bash
# The module in terraform/, with OpenTofu: a plan is offline and says the digest, an apply publishes, a second one does
# nothing, and what is not locked is refused.
set -euo pipefail
module=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../terraform" && pwd)
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../cli/lib.sh"
unset TF_CLI_CONFIG_FILE
export TF_IN_AUTOMATION=1 TF_INPUT=0 CHECKPOINT_DISABLE=1 PATH=$story_folder/programs:$PATH

# tofu_plain ARGUMENT…
tofu_plain() {
  run tofu "$@" -no-color
}

# write_recipe NAME TEXT
write_recipe() {
  printf 'name: %s\nlayers:\n  - files: {/etc/%s: {text: "%s\\n"}}\n' "$1" "$1" "$2" >"$images/$1/recipe.yaml"
}

# published NAME: the digest of what the registry has.
published() {
  skopeo inspect --raw --tls-verify=false "docker://$registry/home/$1:1.4" >"$story_folder/index"
  printf 'sha256:%s\n' "$(sha256sum "$story_folder/index" | cut -d' ' -f1)"
}

images=$story_folder/images
serve_registry registry
mkdir -p programs "$images"/{web,db} root
ln -s "$STAMP" programs/stamp
cat >"$images/stamp.yaml" <<END
stamp: 1
defaults: {platforms: [linux/amd64, linux/arm64]}
publish: {repository: "$registry/home/{name}"}
END
write_recipe web one
write_recipe db one
stamp -C "$images" build web db
ended_with 0
web=$(jq --raw-output .result.digest "$images/web/stamp.lock")

cat >root/main.tf <<END
module "images" {
  source    = "$module"
  workspace = "$images"
  tag       = "1.4"
}

# Stands for what deploys the image.
resource "terraform_data" "deployed" {
  input = module.images.references["web"]
  provisioner "local-exec" {
    command = "curl -sf -o /dev/null \"http://$registry/v2/home/web/manifests/\$DIGEST\" -H 'Accept: application/vnd.oci.image.index.v1+json'"
    environment = {
      DIGEST = module.images.digests["web"]
    }
  }
}

output "references" {
  value = module.images.references
}
END
cd root
tofu_plain init
ended_with 0

# The registry is not there while planning.
stop_server "$server"
tofu_plain plan -out=plan
ended_with 0
printed_line "+ web = \"$registry/home/web:1.4@$web\""
printed_line "Plan: 3 to add, 0 to change, 0 to destroy."
docker-registry serve "$story_folder/registry.yml" >>"$registry_log" 2>&1 &
servers+=("$!")
server=$!
for _ in $(seq 100); do
  (exec 3<>"/dev/tcp/${registry%:*}/${registry#*:}") 2>/dev/null && break
  sleep 0.1
done
same "what is published before the apply" '{"repositories":[]}' "$(curl -s "http://$registry/v2/_catalog")"
tofu_plain apply plan
ended_with 0
same "the output" "$registry/home/web:1.4@$web" "$(tofu output -json references | jq --raw-output .web)"
same "the published digest" "$web" "$(published web)"

tofu_plain plan -detailed-exitcode
ended_with 0

# An image that changed, and only that, is published again.
write_recipe db two
tofu_plain apply -auto-approve
ended_with 1
complained_line "stamp lock db"
stamp -C "$images" build db
ended_with 0
tofu_plain apply -auto-approve
ended_with 0
printed_line "Apply complete! Resources: 1 added, 0 changed, 1 destroyed."
db=$(jq --raw-output .result.digest "$images/db/stamp.lock")
same "the published digest" "$db" "$(published db)"

# What was locked and not built has no digest.
rm "$images/db/stamp.lock"
stamp -C "$images" lock db
ended_with 0
tofu_plain plan
ended_with 1
complained_line "The lock of 'db' has no result yet: run 'stamp build db' and commit its"
echo "the module plans offline and applies"
