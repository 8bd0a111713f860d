# Run once, in a new database of the service "primary": makes pgvector and two logins. "verbatim" is
# that of the bot and owns its database, "replica" that of a standby; neither is a superuser.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
  --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\set verbatim `cat "$VERBATIM_PASSWORD_FILE"`
\set replica `cat "$REPLICA_PASSWORD_FILE"`
CREATE EXTENSION vector;
CREATE ROLE verbatim LOGIN PASSWORD :'verbatim' IN ROLE pg_monitor; -- "verbatim doctor" sees standbys
CREATE ROLE replica LOGIN REPLICATION PASSWORD :'replica';
ALTER DATABASE :"DBNAME" OWNER TO verbatim;
SQL
echo "host replication replica samenet scram-sha-256" >> "$PGDATA/pg_hba.conf"
