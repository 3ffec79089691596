#!/usr/bin/env bash
# A real WordPress on the loopback: Debian's package on PHP's own server, with a MariaDB of its own.
#
#   tests/servers/wordpress.sh install             installs only (Debian packages; needs root where they are missing)
#   tests/servers/wordpress.sh start [PORT [DATA]] starts it afresh (default 8080), makes an administrator and an author, each
#                                                  with an application password, and prints what tests/real_blogs reads
#   tests/servers/wordpress.sh stop [DATA]         ends it
#
#   set -a; eval "$(tests/servers/wordpress.sh start)"; set +a
#   cargo test --test real_blogs
#   tests/servers/wordpress.sh stop
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
SOURCE=/usr/share/wordpress

install() {
  need_packages "$SOURCE/wp-load.php" wordpress php-cli php-mysql php-xml php-gd php-curl php-mbstring
  need_packages mariadbd mariadb-server
}

sql() { mariadb --no-defaults -uroot -S "$DATA/db.sock" "$@"; }

database() {
  mkdir -p "$DATA/db"
  mariadb-install-db --no-defaults --user=root --datadir="$DATA/db" --auth-root-authentication-method=normal \
    --skip-test-db >"$DATA/db-install.log" 2>&1 || die "mariadb: $(tail -n 5 "$DATA/db-install.log")"
  spawn "$DATA/mariadb" mariadbd --no-defaults --user=root --datadir="$DATA/db" --socket="$DATA/db.sock" --skip-networking \
    --innodb-buffer-pool-size=32M --innodb-flush-log-at-trx-commit=0 --performance-schema=OFF
  for _ in $(seq 300); do sql -e 'select 1' >/dev/null 2>&1 && break; sleep 0.2; done
  sql -e "create database wp; create user wp@localhost identified by 'wp'; grant all on wp.* to wp@localhost" \
    || die "mariadb: $(tail -n 5 "$DATA/mariadb/log")"
}

files() {
  # A copy, since WordPress writes beside its own program; links of the package are resolved.
  cp -rL "$SOURCE/." "$DATA/www/" 2>/dev/null
  mkdir -p "$DATA/www/wp-content/uploads" "$DATA/www/wp-content/upgrade"
  cat >"$DATA/www/wp-config.php" <<PHP
<?php
define('DB_NAME', 'wp'); define('DB_USER', 'wp'); define('DB_PASSWORD', 'wp');
define('DB_HOST', 'localhost:$DATA/db.sock'); define('DB_CHARSET', 'utf8mb4');
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as \$key)
  define(\$key, hash('sha256', '$SALT' . \$key));
define('WP_ENVIRONMENT_TYPE', 'local'); // Application passwords work without https then.
define('WP_HTTP_BLOCK_EXTERNAL', true); define('AUTOMATIC_UPDATER_DISABLED', true); define('DISABLE_WP_CRON', true);
define('WP_HOME', '$URL'); define('WP_SITEURL', '$URL'); define('FS_METHOD', 'direct');
\$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
PHP
  cat >"$DATA/router.php" <<'PHP'
<?php // What a web server's rewriting does: files as they are, everything else to WordPress.
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$file = $_SERVER['DOCUMENT_ROOT'] . $path;
if ($path !== '/' && is_file($file)) return false;
// Each request is a line, so that a test can count them.
error_log('request ' . $_SERVER['REQUEST_METHOD'] . ' ' . $_SERVER['REQUEST_URI']);
$_SERVER['SCRIPT_NAME'] = '/index.php'; $_SERVER['PHP_SELF'] = '/index.php';
require $_SERVER['DOCUMENT_ROOT'] . '/index.php';
PHP
  cat >"$DATA/setup.php" <<'PHP'
<?php
define('WP_INSTALLING', true);
[, $www, $host] = $argv;
$_SERVER['HTTP_HOST'] = $host; $_SERVER['REQUEST_URI'] = '/'; $_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
require "$www/wp-load.php";
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
add_filter('pre_wp_mail', '__return_true'); // No mail from here.
wp_install('Acme', 'admin', 'admin@example.org', true, '', wp_generate_password());
update_option('permalink_structure', '/%year%/%monthnum%/%postname%/');
$author = wp_insert_user(['user_login' => 'author', 'user_pass' => wp_generate_password(), 'role' => 'author', 'user_email' => 'author@example.org']);
foreach (['' => get_user_by('login', 'admin')->ID, '_AUTHOR' => $author] as $name => $id) {
  [$password] = WP_Application_Passwords::create_new_application_password($id, ['name' => 'masthead']);
  echo "MASTHEAD_REAL_WORDPRESS{$name}_PASSWORD=$password\n";
}
global $wp_rewrite; $wp_rewrite->init(); $wp_rewrite->flush_rules(false);
PHP
}

start() {
  trap 'code=$?; [ $code = 0 ] || stop' EXIT
  install
  if [ -n "$(ls -A "$DATA" 2>/dev/null)" ] && [ ! -d "$DATA/mariadb" ]; then
    trap - EXIT; die "$DATA is not empty and not a server's; give another folder"
  fi
  stop; rm -rf "$DATA"; mkdir -p -m 700 "$DATA"; mkdir "$DATA/www"
  (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null && die "something else listens on port $PORT; give another one"
  URL=http://localhost:$PORT
  SALT=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  database; files
  local made
  made=$(php "$DATA/setup.php" "$DATA/www" "localhost:$PORT" 2>"$DATA/setup.log" | grep ^MASTHEAD_)
  [ "$(printf '%s\n' "$made" | wc -l)" = 2 ] || die "WordPress can't be set up: $(tail -n 5 "$DATA/setup.log")"
  PHP_CLI_SERVER_WORKERS=3 spawn "$DATA/php" php -d upload_max_filesize=16M -d post_max_size=20M -d memory_limit=256M \
    -S "localhost:$PORT" -t "$DATA/www" "$DATA/router.php"
  wait_http "$URL/wp-json/" 60 "$DATA/php"
  echo "MASTHEAD_REAL_WORDPRESS=$URL"
  echo "MASTHEAD_REAL_WORDPRESS_USER=admin"
  echo "MASTHEAD_REAL_WORDPRESS_AUTHOR=author"
  # Quoted, since an application password is written in groups.
  printf '%s\n' "$made" | sed "s/=\(.*\)/='\1'/"
  echo "MASTHEAD_REAL_WORDPRESS_LOG=$DATA/php/log"
}

stop() { stop_server "$DATA/php"; stop_server "$DATA/mariadb"; }

DEFAULT_DATA=${TMPDIR:-/tmp}/masthead-wordpress-$(id -u)
case ${1:-} in
install) install ;;
start) PORT=${2:-8080} DATA=${3:-$DEFAULT_DATA}; start ;;
stop) DATA=${2:-$DEFAULT_DATA}; stop ;;
*) die "usage: $0 install | start [PORT [DATA]] | stop [DATA]" ;;
esac
