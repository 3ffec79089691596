#!/usr/bin/env bash
# A real Ghost on the loopback: from the npm registry, with SQLite; Node 24 from PyPI.
#
#   tests/servers/ghost.sh install             installs only (a few minutes the first time, 700 MB)
#   tests/servers/ghost.sh start [PORT [DATA]] starts it afresh (default 2368), makes an integration, and prints what
#                                              tests/real_blogs reads
#   tests/servers/ghost.sh stop [DATA]         ends it
#
#   set -a; eval "$(tests/servers/ghost.sh start)"; set +a
#   cargo test --test real_blogs
#   tests/servers/ghost.sh stop
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
VERSION=6.65.0
DIR=$REALSERVERS/ghost
GHOST=$DIR/ghost-$VERSION

install() {
  need_node24
  [ -f "$GHOST/.installed" ] && return 0
  mkdir -p "$DIR/pnpm"; cd "$DIR" || exit 1
  ( cd pnpm && echo '{"private":true}' >package.json && npm24 install --ignore-scripts 'pnpm@12.4.2' ) || die "npm can't install pnpm"
  if [ ! -d "$GHOST" ]; then
    npm24 pack "ghost@$VERSION" || die "npm can't fetch Ghost"
    tar xzf "ghost-$VERSION.tgz" && mv package "$GHOST" || die "Ghost can't be unpacked"
  fi
  cd "$GHOST" || exit 1
  # By Ghost's own lock file; pnpm would change its own version to the one named there, and needs no signature for staying.
  PATH="$NODE24_HOME/bin:$PATH" "$DIR/pnpm/node_modules/pnpm/pnpm" install --prod --frozen-lockfile --ignore-scripts \
    --pm-on-fail=ignore --store-dir "$DIR/store" >&2 || die "pnpm can't install Ghost"
  build_sqlite "$(echo "$GHOST"/node_modules/.pnpm/better-sqlite3@*/node_modules/better-sqlite3)"
  touch .installed
}

call() { # call METHOD PATH JSON : as the owner, with a session
  curl -sS -X "$1" -H 'content-type: application/json' -H 'accept-version: v6.0' -H "origin: $URL" \
    -c "$DATA/cookies" -b "$DATA/cookies" "$URL/ghost/api/admin/$2" -d "$3"
}

start() {
  trap 'code=$?; [ $code = 0 ] || stop_server "$DATA"' EXIT
  install
  if [ -n "$(ls -A "$DATA" 2>/dev/null)" ] && [ ! -f "$DATA/log" ]; then
    trap - EXIT; die "$DATA is not empty and not a server's; give another folder"
  fi
  stop_server "$DATA"; rm -rf "$DATA"; mkdir -p -m 700 "$DATA"; cd "$DATA" || exit 1
  (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null && die "something else listens on port $PORT; give another one"
  URL=http://localhost:$PORT
  cp -r "$GHOST/content" content
  ln -s "$GHOST" current # Ghost looks for itself there.
  # Nothing listens where mail would go: what is tested is whether Ghost is asked to send, not whether mail arrives.
  export NODE_ENV=production url=$URL server__host=localhost server__port=$PORT database__client=better-sqlite3 \
    database__connection__filename="$DATA/ghost.db" database__useNullAsDefault=true paths__contentPath="$DATA/content" \
    mail__transport=SMTP mail__options__host=127.0.0.1 mail__options__port=1 \
    privacy__useUpdateCheck=false privacy__useGravatar=false privacy__useRpcPing=false \
    security__staffDeviceVerification=false logging__level=info 'logging__transports=["stdout"]'
  spawn "$DATA" "$NODE24" current/index.js
  for _ in $(seq 600); do
    [ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/ghost/api/admin/site/")" = 200 ] && break
    kill -0 "$(cat pid)" 2>/dev/null || die "Ghost has ended: $(tail -n 20 log)"
    sleep 0.3
  done
  local password made key
  password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
  call POST authentication/setup/ \
    "{\"setup\":[{\"name\":\"Owner\",\"email\":\"owner@example.org\",\"password\":\"$password\",\"blogTitle\":\"Acme\"}]}" >setup.json
  call POST session/ "{\"username\":\"owner@example.org\",\"password\":\"$password\"}" >session.txt
  made=$(call POST 'integrations/?include=api_keys' '{"integrations":[{"name":"masthead"}]}')
  key=$(printf '%s' "$made" | python3 -c 'import json, sys
print(next(key["secret"] for key in json.load(sys.stdin)["integrations"][0]["api_keys"] if key["type"] == "admin"))') \
    || die "no integration can be made: $(cat setup.json session.txt) $made"
  echo "MASTHEAD_REAL_GHOST=$URL"
  echo "MASTHEAD_REAL_GHOST_KEY=$key"
  echo "MASTHEAD_REAL_GHOST_LOG=$DATA/log"
}

DEFAULT_DATA=${TMPDIR:-/tmp}/masthead-ghost-$(id -u)
case ${1:-} in
install) install ;;
start) PORT=${2:-2368} DATA=${3:-$DEFAULT_DATA}; start ;;
stop) stop_server "${2:-$DEFAULT_DATA}" ;;
*) die "usage: $0 install | start [PORT [DATA]] | stop [DATA]" ;;
esac
