#!/bin/bash
# The parts of the official image's entrypoint that the manifests use.
set -eEo pipefail
[[ ${1-} != -* ]] || set -- postgres "$@"
if [[ $(id -u) == 0 ]]; then
  mkdir -p "$PGDATA" && chown -R postgres:postgres "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [[ ! -e $PGDATA/PG_VERSION ]]; then
  mkdir -p "$PGDATA"
  initdb --username=postgres --pwfile=<(echo "$POSTGRES_PASSWORD") --auth-local=trust --auth-host=scram-sha-256 -D "$PGDATA" >/dev/null
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  pg_ctl -D "$PGDATA" -o "-c listen_addresses=" -w start >/dev/null
  for script in /docker-entrypoint-initdb.d/*.sh; do
    [[ -e $script ]] || continue
    if [[ -x $script ]]; then "$script"; else . "$script"; fi
  done
  pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
  echo "PostgreSQL init process complete; ready for start up."
fi
exec "$@" -c listen_addresses='*'
