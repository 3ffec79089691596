#!/usr/bin/env bash
# Looks for barriers on every page of the preview, light and dark, at phone and desktop width, with axe-core in Chromium,
# and for anything that the pages complain about in the console, such as a breach of their Content-Security-Policy:
#
#     bash tests/axe.sh
#
# The pages are those of tests/preview_workspace.sh. What is missing is installed below a cache folder.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
masthead=${MASTHEAD:-${CARGO_TARGET_DIR:-$here/../target}/debug/masthead}
. "$here/need.sh"
need chromium chromium
need_modules

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
MASTHEAD=$masthead bash "$here/preview_workspace.sh" "$work/acme"
"$masthead" -C "$work/acme" build --quiet --out "$work/preview" --diff main~1
MASTHEAD=$masthead bash "$here/preview_workspace.sh" --empty "$work/empty"
"$masthead" -C "$work/empty" build --quiet --out "$work/preview/empty"
pages=(index "calendar/*.html" plan check posts/hoodie-launch posts/everything posts/everywhere posts/broken posts/arabic
  posts/welcome empty/index empty/plan empty/check)
NODE_PATH="$cache/node_modules" CHROMIUM=$(command -v chromium) node "$here/axe.js" "$work/preview" "${pages[@]}"
