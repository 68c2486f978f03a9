#!/bin/sh
# Run once by the PostgreSQL image, on a new data folder: creates a role and a database for each service, that is,
# for each variable SERVICE_PASSWORD.
set -e
for variable in $(env | sed -n 's/^\([A-Z]*_PASSWORD\)=.*/\1/p' | grep -v '^POSTGRES_'); do
    service=$(echo "${variable%_PASSWORD}" | tr '[:upper:]' '[:lower:]')
    password=$(printenv "$variable")
    psql -v ON_ERROR_STOP=1 -v service="$service" -v password="$password" --username postgres --dbname postgres <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE CONNECT, TEMPORARY ON DATABASE :"service" FROM PUBLIC;
SQL
done
