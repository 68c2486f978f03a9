#!/bin/sh
# Run by the PostgreSQL image on a new data folder: creates a role and a database for each service, that is, for each
# variable SERVICE_PASSWORD. Run again by hand, it creates those of new services:
#   kubectl -n stagedoor exec postgres-0 -- sh /docker-entrypoint-initdb.d/databases.sh
set -e
for variable in $(env | sed -n 's/^\([A-Z]*_PASSWORD\)=.*/\1/p' | grep -v '^POSTGRES_'); do
    service=$(echo "${variable%_PASSWORD}" | tr '[:upper:]' '[:lower:]')
    password=$(printenv "$variable")
    [ -z "$(psql --username postgres --dbname postgres -tAc "SELECT 1 FROM pg_roles WHERE rolname = '$service'")" ] || continue
    psql -v ON_ERROR_STOP=1 -v service="$service" -v password="$password" --username postgres --dbname postgres <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE CONNECT, TEMPORARY ON DATABASE :"service" FROM PUBLIC;
SQL
done
