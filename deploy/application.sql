-- The role as which everything but `hub init` works: it owns nothing, so row-level security holds it, and hub init lets it in.
\set password `cat /run/secrets/application`
CREATE ROLE hub_application LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'password';
