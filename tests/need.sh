# What scripts of the tests need and install; to be sourced.

# A folder that stays, for what comes from npm.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/masthead-axe

need() { # need PROGRAM DEBIAN-PACKAGE…
  command -v "$1" >/dev/null && return
  echo "installing ${*:2}" >&2
  if [ "$(id -u)" != 0 ]; then sudo=sudo; else sudo=; fi
  $sudo apt-get update -qq && $sudo apt-get install -y -qq "${@:2}" >/dev/null
}

need_modules() { # axe-core, and what drives a browser from a script
  need npm nodejs npm
  mkdir -p "$cache"
  if [ ! -e "$cache/node_modules/.ready" ]; then
    npm install --prefix "$cache" --no-audit --no-fund --silent axe-core@4 puppeteer-core@24
    touch "$cache/node_modules/.ready"
  fi
}
