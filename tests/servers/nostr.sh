#!/usr/bin/env bash
# Real relays of Nostr on the loopback: nostr-relay from PyPI, which checks signatures. `one` and `two` take every note, `closed`
# only those of whoever has signed in, and `slow` one an hour. Beside them `media`, a media server that speaks Blossom.
#
#   tests/servers/nostr.sh install             installs only (two minutes the first time)
#   tests/servers/nostr.sh start [PORT [DATA]] starts them afresh (default 6969 and the four after it), and prints what
#                                              tests/real_nostr reads
#   tests/servers/nostr.sh halt NAME DATA      ends one of them, which keeps what it has
#   tests/servers/nostr.sh resume NAME DATA    starts it again
#   tests/servers/nostr.sh stop [DATA]         ends them
#
#   set -a; eval "$(tests/servers/nostr.sh start)"; set +a
#   cargo test --test real_nostr
#   tests/servers/nostr.sh stop
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
DIR=$REALSERVERS/nostr
BLOSSOM=$REALSERVERS/blossom
RELAYS=(one two closed slow)

install() {
  python_env "$DIR" nostr-relay==1.14
  build_blossom
}

# The media server is a library: a program of a few lines is built around it.
build_blossom() {
  local program=$BLOSSOM/target/debug/blossom
  [ -x "$program" ] && cmp -s "$HERE/blossom.rs" "$BLOSSOM/src/main.rs" && return 0
  mkdir -p "$BLOSSOM/src"
  rm -f "$program"
  cp "$HERE/blossom.rs" "$BLOSSOM/src/main.rs"
  # Later ones of this library want more in an authorisation than Blossom's texts say.
  cat >"$BLOSSOM/Cargo.toml" <<'MANIFEST'
[package]
name = "blossom"
version = "0.0.0"
edition = "2024"

[dependencies]
axum = "0.7"
blossom-rs = { version = "=0.3.0", default-features = false, features = ["server"] }
tokio = { version = "1", features = ["macros", "net", "rt"] }

[profile.dev]
debug = false

[workspace]
MANIFEST
  CARGO_TARGET_DIR=$BLOSSOM/target cargo build --quiet --manifest-path "$BLOSSOM/Cargo.toml" >&2 || die "the media server can't be built"
}

configure() { # configure NAME PORT
  local folder=$DATA/$1 closed=false slow=''
  mkdir -p -m 700 "$folder"
  [ "$1" = closed ] && closed=true
  [ "$1" = slow ] && slow='rate_limits: {global: {EVENT: 1/hour}}'
  echo "$2" >"$folder/port"
  cat >"$folder/config.yaml" <<CONFIG
relay_name: $1
relay_description: a relay of a test
storage:
  sqlalchemy.url: sqlite+aiosqlite:///$folder/notes.sqlite3
  validators:
    - nostr_relay.validators.is_not_too_large
    - nostr_relay.validators.is_signed
    - nostr_relay.validators.is_recent
verification: {nip05_verification: disabled}
gunicorn: {bind: "127.0.0.1:$2", workers: 1, loglevel: info}
authentication: {enabled: $closed, relay_urls: ["ws://127.0.0.1:$2"], actions: {save: w, query: a}}
$slow
CONFIG
}

run() { # run NAME
  spawn "$DATA/$1" "$DIR/bin/nostr-relay" -c "$DATA/$1/config.yaml" serve
}

answers() { # answers NAME
  wait_http "http://127.0.0.1:$(cat "$DATA/$1/port")/" 60 "$DATA/$1"
}

stop() {
  local name
  for name in "${RELAYS[@]}" media; do stop_server "$DATA/$name"; done
}

start() {
  trap 'code=$?; [ $code = 0 ] || stop' EXIT
  install
  if [ -n "$(ls -A "$DATA" 2>/dev/null)" ] && [ ! -f "$DATA/one/port" ]; then
    trap - EXIT; die "$DATA is not empty and not a server's; give another folder"
  fi
  stop; rm -rf "$DATA"; mkdir -p -m 700 "$DATA"
  make_certificate "$DATA"
  local name port=$PORT
  for name in "${RELAYS[@]}"; do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && die "something else listens on port $port; give another one"
    configure "$name" "$port"
    run "$name"
    port=$((port + 1))
  done
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && die "something else listens on port $port; give another one"
  spawn "$DATA/media" "$BLOSSOM/target/debug/blossom" "$port"
  for name in "${RELAYS[@]}"; do answers "$name"; done
  wait_http "http://127.0.0.1:$port/health" 60 "$DATA/media"
  echo "MASTHEAD_REAL_NOSTR=ws://127.0.0.1:$PORT"
  echo "MASTHEAD_REAL_NOSTR_TWO=ws://127.0.0.1:$((PORT + 1))"
  echo "MASTHEAD_REAL_NOSTR_CLOSED=ws://127.0.0.1:$((PORT + 2))"
  echo "MASTHEAD_REAL_NOSTR_SLOW=ws://127.0.0.1:$((PORT + 3))"
  echo "MASTHEAD_REAL_NOSTR_MEDIA=http://127.0.0.1:$port"
  echo "MASTHEAD_REAL_NOSTR_DATA=$DATA"
}

DEFAULT_DATA=${TMPDIR:-/tmp}/masthead-nostr-$(id -u)
case ${1:-} in
install) install ;;
start) PORT=${2:-6969} DATA=${3:-$DEFAULT_DATA}; start ;;
halt) DATA=$3; stop_server "$DATA/$2" ;;
resume) DATA=$3; run "$2"; answers "$2" ;;
stop) DATA=${2:-$DEFAULT_DATA}; stop ;;
*) die "usage: $0 install | start [PORT [DATA]] | halt NAME DATA | resume NAME DATA | stop [DATA]" ;;
esac
