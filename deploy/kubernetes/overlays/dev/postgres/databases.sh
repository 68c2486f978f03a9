#!/bin/sh
# Run once by the PostgreSQL image, on a new data folder: creates a role and a database for each service.
set -e
for service in auth tickets orders expiration payments notifications client; do
    password=$(printenv "$(echo "$service" | tr '[:lower:]' '[:upper:]')_PASSWORD")
    psql -v ON_ERROR_STOP=1 -v service="$service" -v password="$password" --username postgres --dbname postgres <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE CONNECT, TEMPORARY ON DATABASE :"service" FROM PUBLIC;
SQL
done
