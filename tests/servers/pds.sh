#!/usr/bin/env bash
# A real Bluesky server on the loopback: the PDS and a PLC directory from the npm registry, Node 24 from PyPI.
#
#   tests/servers/pds.sh install             installs only (about two minutes the first time, 600 MB)
#   tests/servers/pds.sh start [PORT [DATA]] starts it afresh (default 2583; the directory takes PORT-1), makes two
#                                            accounts, and prints the variables that tests/real_bluesky reads
#   tests/servers/pds.sh stop [DATA]         ends it
#
#   set -a; eval "$(tests/servers/pds.sh start)"; set +a
#   cargo test --test real_bluesky
#   tests/servers/pds.sh stop
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
DIR=$REALSERVERS/pds

install() {
  need_node24
  [ -f "$DIR/.installed" ] && return 0
  mkdir -p "$DIR"; cd "$DIR" || exit 1
  [ -f package.json ] || echo '{"private":true}' >package.json
  npm24 install --ignore-scripts '@atproto/pds@0.5.35' '@did-plc/server@0.0.1' || die "npm can't install the PDS"
  build_sqlite "$DIR/node_modules/better-sqlite3"
  touch .installed
}

call() { # call METHOD JSON [TOKEN]
  curl -sS -X POST -H 'content-type: application/json' ${3:+-H "authorization: Bearer $3"} \
    "http://localhost:$PORT/xrpc/$1" -d "$2"
}

account() { # account NAME : makes one and prints its access token
  local made
  made=$(call com.atproto.server.createAccount \
    "{\"email\":\"$1@example.org\",\"handle\":\"$1.test\",\"password\":\"$PASSWORD\"}")
  echo "$made" | json_get accessJwt 2>/dev/null || die "the account \`$1.test\` can't be made: $made"
}

start() {
  trap 'code=$?; [ $code = 0 ] || stop_server "$DATA"' EXIT
  install; cd "$DIR" || exit 1
  # The directory of identities lives in memory, so data of an earlier run are of no use.
  if [ -n "$(ls -A "$DATA" 2>/dev/null)" ] && [ ! -f "$DATA/log" ]; then
    trap - EXIT; die "$DATA is not empty and not a server's; give another folder"
  fi
  stop_server "$DATA"; rm -rf "$DATA"; mkdir -p -m 700 "$DATA"
  for port in "$PORT" "$((PORT - 1))"; do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && die "something else listens on port $port; give another one"
  done
  LOG_ENABLED=1 LOG_LEVEL=info spawn "$DATA" "$NODE24" "$HERE/pds.mjs" "$PORT" "$((PORT - 1))" "$DATA"
  wait_http "http://localhost:$PORT/xrpc/_health" 60 "$DATA"
  PASSWORD=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
  local token app
  # Common words are reserved as handles, so these are invented ones.
  token=$(account acme-toys) || exit 1
  account acme-friend >/dev/null || exit 1
  app=$(call com.atproto.server.createAppPassword '{"name":"masthead"}' "$token" | json_get password) || die "no app password"
  echo "MASTHEAD_REAL_PDS=http://localhost:$PORT"
  echo "MASTHEAD_REAL_PDS_HANDLE=acme-toys.test"
  echo "MASTHEAD_REAL_PDS_FRIEND=acme-friend.test"
  echo "MASTHEAD_REAL_PDS_PASSWORD=$app"
  echo "MASTHEAD_REAL_PDS_LOG=$DATA/log"
}

DEFAULT_DATA=${TMPDIR:-/tmp}/masthead-pds-$(id -u)
case ${1:-} in
install) install ;;
start) PORT=${2:-2583} DATA=${3:-$DEFAULT_DATA}; start ;;
stop) stop_server "${2:-$DEFAULT_DATA}" ;;
*) die "usage: $0 install | start [PORT [DATA]] | stop [DATA]" ;;
esac
