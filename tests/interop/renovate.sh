#!/usr/bin/env bash
# The preset for Renovate: its own validator accepts it, and it finds the bases of recipes. RENOVATE is the folder with
# Renovate's package, and `node` one that is new enough for it.
set -euo pipefail
preset=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../renovate" && pwd)/stamp.json5
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../cli/lib.sh"
: "${RENOVATE:?the folder of the package renovate}"

run node "$RENOVATE/dist/config-validator.js" --strict --no-global "$preset"
ended_with 0
printed_line "Config validated successfully"
sed 's/enabled: false/enabeld: false/' "$preset" >wrong.json5
run node "$RENOVATE/dist/config-validator.js" --strict --no-global wrong.json5
ended_with 1

digest=sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb
mkdir -p repository/images/web repository/images/db repository/images/flow
cd repository
git init --quiet .
cp "$preset" renovate.json5
printf 'name: web\nfrom: {image: "registry.example:5000/base/web:1.27@%s"}\n' "$digest" >images/web/recipe.yaml
printf 'name: db\nfrom:\n  image: postgres:17\nlayers: []\n' >images/db/recipe.yaml
printf 'name: flow\nfrom: {recipe: web}\nlayers:\n  - copy: {from: {image: %s}, paths: {}}\n' "'a.example/b/c:2.0-x'" >images/flow/recipe.yaml
git add .
git -c user.name=story -c user.email=story@mail.example commit --quiet --message story
LOG_FORMAT=json run node "$RENOVATE/dist/renovate.js" --platform=local --dry-run=extract
ended_with 0
found=$(jq --raw-output 'select(.packageFiles) | .packageFiles.regex[] | .packageFile as $file |
  .deps[] | "\($file) \(.depName) \(.currentValue) \(.currentDigest // "-")"' "$story_folder/stdout" | sort)
same "the bases" "images/db/recipe.yaml postgres 17 -
images/flow/recipe.yaml a.example/b/c 2.0-x -
images/web/recipe.yaml registry.example:5000/base/web 1.27 $digest" "$found"
echo "the preset is valid and finds 3 bases"
