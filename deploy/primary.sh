# Run once, in a new database of the service "primary": lets its standby in.
echo "host replication verbatim samenet scram-sha-256" >> "$PGDATA/pg_hba.conf"
