-- What all specs share: the role they run as, and words for what nearly every one of them does.
SET check_function_bodies = off;  -- the table comes with each spec
CREATE EXTENSION pg_tandem;
CREATE ROLE app LOGIN;
ALTER ROLE app SET client_min_messages = error;
ALTER SCHEMA public OWNER TO app;
GRANT USAGE ON SCHEMA tandem TO app;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA tandem TO app;
GRANT SELECT ON ALL TABLES IN SCHEMA tandem TO app;
REVOKE ALL ON tandem._credential, tandem._seen, tandem._field FROM app;

-- What a push mapping makes of a table, without one whose worker would fetch what is captured; and what the worker does.
CREATE PROCEDURE capture("table" text) LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO tandem._capture VALUES ("table"::regclass, "table", ARRAY[1], 1, ARRAY[]::oid[], ARRAY[1], false);
    EXECUTE format('CREATE TRIGGER tandem_capture_update AFTER UPDATE ON %I REFERENCING OLD TABLE AS before NEW TABLE AS now'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION tandem._capture_changes()', "table");
END
$$;
CREATE FUNCTION taken_entries() RETURNS TABLE (place bigint, op "char", key text) LANGUAGE sql SECURITY DEFINER AS $$
    WITH gone AS (DELETE FROM tandem._outbox RETURNING *) SELECT rank() OVER (ORDER BY g.seq), g.op, g.keys[1][1] FROM gone g
$$;

SET ROLE app;
SELECT tandem.create_connection('api', 'rest', format('{"base_url": %s, "objects": {"things": {"path": "/things"}}}',
                                                      to_json(current_setting('test.api')))::jsonb);

-- Specs cannot hold braces: JSON is built, and what they need of it is here.
CREATE PROCEDURE map(name text, if_not_exists boolean = false) LANGUAGE sql AS $$
    SELECT tandem.create_mapping(name, 'api', 'things', 'things', '{"id": "id", "name": "name", "qty": "qty"}', if_not_exists => if_not_exists)
$$;
CREATE PROCEDURE sync() LANGUAGE sql AS $$ SELECT tandem.sync_now('things') $$;
CREATE PROCEDURE alter_things(what text, key text, value anyelement) LANGUAGE sql AS
    $$ SELECT tandem.alter_mapping('things', jsonb_build_object(what, jsonb_build_object(key, value))) $$;
CREATE PROCEDURE alter_api(key text, value anyelement) LANGUAGE sql AS
    $$ SELECT tandem.alter_connection('api', jsonb_build_object('config', jsonb_build_object(key, value))) $$;

-- A table of its own, with a mapping of its own, for each permutation.
CREATE PROCEDURE begin_spec() LANGUAGE plpgsql AS $$
BEGIN
    CREATE TABLE things (id text PRIMARY KEY, name text, qty integer);
    CALL map('things');
END
$$;
CREATE PROCEDURE end_spec() LANGUAGE plpgsql AS $$
DECLARE
    mapping text;
BEGIN
    FOR mapping IN SELECT name FROM tandem.mappings LOOP
        PERFORM tandem.drop_mapping(mapping);
    END LOOP;
    DROP TABLE things;
END
$$;

-- Each look has a snapshot of its own. What does not come within a minute is an error.
CREATE PROCEDURE until(condition text) LANGUAGE plpgsql AS $$
DECLARE
    holds boolean;
    deadline timestamptz := clock_timestamp() + interval '1 minute';
BEGIN
    LOOP
        EXECUTE 'SELECT ' || condition INTO holds;
        EXIT WHEN holds;
        IF clock_timestamp() > deadline THEN
            RAISE 'did not hold within a minute: %', condition;
        END IF;
        PERFORM pg_sleep(0.02);
    END LOOP;
END
$$;
CREATE PROCEDURE until_it_waits() LANGUAGE sql AS
    $$ CALL until('EXISTS (SELECT FROM tandem.run_progress WHERE waiting_on LIKE ''a lock on %'')') $$;
CREATE PROCEDURE until_it_ended() LANGUAGE sql AS
    $$ CALL until('NOT EXISTS (SELECT FROM tandem.run_progress)') $$;
CREATE VIEW runs AS
    SELECT status, "full", created, updated, skipped, failed, code FROM tandem.recent_runs ORDER BY run;
