#!/bin/sh
# Starts a standby of PRIMARY (what libpq calls a connection string), copied from it at the first
# start; the arguments are those of postgres. A copy that was cut off is begun anew.
#
# It goes on as the primary, here and after each restart, once it is told so:
#   docker compose stop primary
#   docker compose exec replica psql -U verbatim -c "SELECT pg_promote()"
# What was the primary must not be started again: of two that take writes each has a part.
set -eu
if [ ! -d "$PGDATA" ]; then
  rm -rf "$PGDATA.unfinished"
  PGPASSWORD="$(cat "$POSTGRES_PASSWORD_FILE")" pg_basebackup --pgdata "$PGDATA.unfinished" \
    --dbname "$PRIMARY" --write-recovery-conf --wal-method stream --checkpoint fast --no-password
  mv "$PGDATA.unfinished" "$PGDATA"
fi
exec postgres "$@"
