#!/usr/bin/env bash
# A real mail server on the loopback: aiosmtpd from PyPI, with STARTTLS on one port and encryption from the start on the next,
# a name and a password, and a certificate of an authority of its own. What it takes on is kept in a Maildir. See smtp.py beside.
#
#   tests/servers/smtp.sh install             installs only (some seconds the first time)
#   tests/servers/smtp.sh start [PORT [DATA]] starts it afresh (default 2525, and 2526), and prints what tests/real_mail reads
#   tests/servers/smtp.sh stop [DATA]         ends it
#
#   set -a; eval "$(tests/servers/smtp.sh start)"; set +a
#   cargo test --test real_mail
#   tests/servers/smtp.sh stop
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
DIR=$REALSERVERS/smtp

install() {
  python_env "$DIR" aiosmtpd==1.4.6
}

start() {
  trap 'code=$?; [ $code = 0 ] || stop_server "$DATA"' EXIT
  install
  if [ -n "$(ls -A "$DATA" 2>/dev/null)" ] && [ ! -f "$DATA/log" ]; then
    trap - EXIT; die "$DATA is not empty and not a server's; give another folder"
  fi
  stop_server "$DATA"; rm -rf "$DATA"; mkdir -p -m 700 "$DATA"
  for port in "$PORT" "$((PORT + 1))"; do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && die "something else listens on port $port; give another one"
  done
  make_certificate "$DATA"
  local password
  password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
  SMTP_USER=acme SMTP_PASSWORD=$password spawn "$DATA" "$DIR/bin/python" "$HERE/smtp.py" "$PORT" "$DATA"
  wait_port "$PORT" 30 "$DATA"
  wait_port "$((PORT + 1))" 30 "$DATA"
  echo "MASTHEAD_REAL_MAIL=$PORT"
  echo "MASTHEAD_REAL_MAIL_USER=acme"
  echo "MASTHEAD_REAL_MAIL_PASSWORD=$password"
  echo "MASTHEAD_REAL_MAIL_DATA=$DATA"
}

DEFAULT_DATA=${TMPDIR:-/tmp}/masthead-smtp-$(id -u)
case ${1:-} in
install) install ;;
start) PORT=${2:-2525} DATA=${3:-$DEFAULT_DATA}; start ;;
stop) stop_server "${2:-$DEFAULT_DATA}" ;;
*) die "usage: $0 install | start [PORT [DATA]] | stop [DATA]" ;;
esac
