#!/usr/bin/env bash
# Tries the pages that `masthead watch` serves in Chromium: tests/browser. What is missing is installed, axe-core below a cache
# folder. Arguments are those of the test binary, such as a test's name:
#
#     bash tests/browser.sh
#     MASTHEAD_PICTURES=OUTDIR bash tests/browser.sh pictures    # writes them for people to look at
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/need.sh"
need chromium chromium
need chromedriver chromium-driver
need_modules
cd "$here/.."
MASTHEAD_BROWSER=$(command -v chromedriver) MASTHEAD_AXE=$cache/node_modules/axe-core/axe.min.js \
  cargo test --quiet --test browser -- --test-threads=1 "$@"
