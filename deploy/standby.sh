#!/bin/sh
# Starts a standby of PRIMARY (what libpq calls a connection string), copied from it at the first
# start; the arguments are those of postgres. A copy that was cut off is begun anew.
#
# The primary keeps for it, in the replication slot SLOT, what it has not had yet, up to
# max_slot_wal_keep_size. A standby that was away for more than that follows no longer, and its
# health check says so. It is copied anew ("docker volume ls" tells PROJECT):
#   docker compose rm --stop --force replica
#   docker volume rm PROJECT_replica
#   docker compose up -d replica
#
# It goes on as the primary, here and after each restart, once it is told so:
#   docker compose stop primary
#   docker compose exec replica psql -U postgres -c "SELECT pg_promote()"
# What was the primary must not be started again as it is: it lacks what is written from now on,
# and of two that take writes each has a part. So, at once:
#   docker compose rm --stop --force primary
#   docker volume rm PROJECT_primary
#   write @replica instead of @primary,replica in index_url.txt
#   docker compose restart bot-postgres
# To have a standby again give the service "primary" the entrypoint, command, environment and
# volumes of "replica", with "primary" and "replica" exchanged in them, but the user stays.
set -eu
if [ ! -d "$PGDATA" ]; then
  rm -rf "$PGDATA.unfinished"
  until pg_isready --quiet --dbname "$PRIMARY"; do sleep 1; done
  PGPASSWORD="$(cat "$REPLICA_PASSWORD_FILE")"
  export PGPASSWORD
  # that of an earlier copy; one that is in use stays
  psql --no-psqlrc --quiet --dbname "$PRIMARY replication=true" \
    --command "DROP_REPLICATION_SLOT $SLOT" 2> /dev/null || true
  pg_basebackup --pgdata "$PGDATA.unfinished" --dbname "$PRIMARY" --create-slot --slot "$SLOT" \
    --write-recovery-conf --wal-method stream --checkpoint fast --no-password
  unset PGPASSWORD
  mv "$PGDATA.unfinished" "$PGDATA"
fi
exec postgres "$@"
