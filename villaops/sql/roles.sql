-- The application's roles, the same in the private server, in compose and in tests. Run as a
-- superuser of the cluster; may be run again.
--
-- villaops          the application: owns its database, obeys every row-level security policy.
-- villaops_support  what all_organizations() becomes for one transaction (SET LOCAL ROLE): its
--                   policies see every organization. Not inherited, so it is never on by accident.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'villaops_support') THEN
        CREATE ROLE villaops_support;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'villaops') THEN
        CREATE ROLE villaops;
    END IF;
END
$$;

ALTER ROLE villaops_support NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
ALTER ROLE villaops LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE;
GRANT villaops_support TO villaops WITH INHERIT FALSE, SET TRUE;

-- Our queries are short: a parallel plan costs more in starting workers than it saves.
ALTER ROLE villaops SET max_parallel_workers_per_gather = 0;
-- Nor is any worth compiling, as PostgreSQL would have it of whatever looks costly to its planner.
ALTER ROLE villaops SET jit = off;
-- What a year's figures are grouped and guests are sorted by fits into this; not into 4 MB, and what
-- does not fit is written to disk and read again.
ALTER ROLE villaops SET work_mem = '16MB';
