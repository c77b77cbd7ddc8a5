#!/bin/sh
# Runs once, when the database is made: the application's role is no superuser and owns its database only.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set=password="$TRACKER_PASSWORD" <<'SQL'
CREATE ROLE tracker LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
ALTER DATABASE policytracker OWNER TO tracker;
REVOKE ALL ON DATABASE policytracker FROM PUBLIC;
SQL
