#!/usr/bin/env bash
# A real S3-compatible store on the loopback: s3rver (as 20 Minutes keeps it) from the npm registry, which checks signatures; Node 24 from PyPI.
#
#   tests/servers/s3rver.sh install             installs only (a minute the first time)
#   tests/servers/s3rver.sh start [PORT [DATA]] starts it afresh (default 4568) with an empty bucket, and prints what
#                                               tests/real_store reads
#   tests/servers/s3rver.sh stop [DATA]         ends it
#
#   set -a; eval "$(tests/servers/s3rver.sh start)"; set +a
#   cargo test --test real_store
#   tests/servers/s3rver.sh stop
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
VERSION=5.0.0
DIR=$REALSERVERS/s3rver
BUCKET=acme-media

install() {
  need_node24
  [ -f "$DIR/.installed-$VERSION" ] && return 0
  mkdir -p "$DIR"
  ( cd "$DIR" && echo '{"private":true}' >package.json && npm24 install --ignore-scripts "@20minutes/s3rver@$VERSION" ) || die "npm can't install s3rver"
  touch "$DIR/.installed-$VERSION"
}

start() {
  trap 'code=$?; [ $code = 0 ] || stop_server "$DATA"' EXIT
  install
  if [ -n "$(ls -A "$DATA" 2>/dev/null)" ] && [ ! -f "$DATA/log" ]; then
    trap - EXIT; die "$DATA is not empty and not a server's; give another folder"
  fi
  stop_server "$DATA"; rm -rf "$DATA"; mkdir -p -m 700 "$DATA/store"
  (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null && die "something else listens on port $PORT; give another one"
  # The key pair is s3rver's own and always the same.
  # Its package has lost the file that its command begins with.
  spawn "$DATA" "$NODE24" -e 'require(process.argv[1]).parseAsync(["node", "s3rver", ...process.argv.slice(2)])' \
    "$DIR/node_modules/@20minutes/s3rver/lib/cli.js" \
    --directory "$DATA/store" --address 127.0.0.1 --port "$PORT" --configure-bucket "$BUCKET"
  wait_http "http://127.0.0.1:$PORT/" 60 "$DATA"
  echo "MASTHEAD_REAL_STORE=http://127.0.0.1:$PORT"
  echo "MASTHEAD_REAL_STORE_BUCKET=$BUCKET"
  echo "MASTHEAD_REAL_STORE_KEY_ID=S3RVER"
  echo "MASTHEAD_REAL_STORE_SECRET=S3RVER"
  echo "MASTHEAD_REAL_STORE_FOLDER=$DATA/store/$BUCKET"
}

DEFAULT_DATA=${TMPDIR:-/tmp}/masthead-s3rver-$(id -u)
case ${1:-} in
install) install ;;
start) PORT=${2:-4568} DATA=${3:-$DEFAULT_DATA}; start ;;
stop) stop_server "${2:-$DEFAULT_DATA}" ;;
*) die "usage: $0 install | start [PORT [DATA]] | stop [DATA]" ;;
esac
