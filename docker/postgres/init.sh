#!/bin/sh
# First start of an empty data folder: two logins, so that the application is never the owner of its tables.
# The passwords are those of HUB_DATABASE_OWNER_URL and HUB_DATABASE_URL (letters and digits, no %-escapes).
set -eu

password_of() {
    userinfo="${1#*://}"
    userinfo="${userinfo%%@*}"
    case "$userinfo" in
    *:?*) printf '%s' "${userinfo#*:}" ;;
    *) echo "$2 holds no password" >&2; exit 1 ;;
    esac
}

owner_password="$(password_of "$HUB_DATABASE_OWNER_URL" HUB_DATABASE_OWNER_URL)"
app_password="$(password_of "$HUB_DATABASE_URL" HUB_DATABASE_URL)"

psql --username "$POSTGRES_USER" --dbname postgres --no-psqlrc --quiet \
    --set ON_ERROR_STOP=1 --set owner="$owner_password" --set app="$app_password" <<'SQL'
CREATE ROLE hub_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner';
CREATE ROLE hub_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app';
CREATE DATABASE hub OWNER hub_owner ENCODING 'UTF8';
REVOKE ALL ON DATABASE hub FROM PUBLIC;
GRANT CONNECT ON DATABASE hub TO hub_app;
SQL
