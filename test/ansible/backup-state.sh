# State of the environment of the user $1, as text: the same text means that nothing was touched.
set -eu
cd "/srv/pressluft/$1"
live=$(basename "$(readlink current)")
echo "shown $live"
ls releases
cat environment.json
# Times of folders and of nothing else may differ: where a file was made and removed again.
find "releases/$live" ! -type d -printf '%p %m %u %g %T@ %s %l\n' -o -printf '%p %m %u %g\n' | sort
find "releases/$live" -type f -exec sha256sum {} + | sort
cat "/etc/nginx/sites-enabled/$1.conf" /etc/php/*/fpm/pool.d/"$1".conf
mariadb --batch --execute "SHOW DATABASES LIKE '$1%'"
mariadb --batch --execute "SELECT User, Host FROM mysql.global_priv ORDER BY 1, 2"
# Every page view may plan work and keep things for a while.
mariadb-dump --skip-dump-date --skip-comments --ignore-table="$1_$live.wp_options" "$1_$live"
mariadb --batch "$1_$live" --execute "SELECT * FROM wp_options WHERE option_name <> 'cron' AND option_name NOT LIKE '%transient%' ORDER BY option_name"
