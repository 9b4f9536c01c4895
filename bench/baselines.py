"""What users build today, for comparison: COPY of ready text, a plpgsql loop, a Node script."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import data
from common import ROLE, note

HERE = Path(__file__).resolve().parent
FIELDS = ", ".join(data.NAMES)
RECORDSET = "jsonb_to_recordset($1::jsonb -> 'items') AS s(" + data.COLUMNS.replace(" PRIMARY KEY", "") + ")"
ASSIGN = ", ".join(f"{n} = s.{n}" for n in data.NAMES[1:])
DIFFERS = (f"({', '.join('t.' + n for n in data.NAMES[1:])}) IS DISTINCT FROM "
           f"({', '.join('s.' + n for n in data.NAMES[1:])})")
VALUES = ", ".join(f"s.{n}" for n in data.NAMES)
UPSERTS = {
    "merge": f"""MERGE INTO loop_t t USING {RECORDSET} ON t.id = s.id
        WHEN MATCHED AND {DIFFERS} THEN UPDATE SET {ASSIGN}
        WHEN NOT MATCHED THEN INSERT ({FIELDS}) VALUES ({VALUES})""",
    "on_conflict": f"""INSERT INTO loop_t AS t ({FIELDS}) SELECT {FIELDS} FROM {RECORDSET}
        ON CONFLICT (id) DO UPDATE SET {ASSIGN.replace('s.', 'excluded.')} WHERE {DIFFERS.replace('s.', 'excluded.')}""",
    "antijoin": f"""INSERT INTO loop_t AS t ({FIELDS}) SELECT {FIELDS} FROM {RECORDSET}
        WHERE NOT EXISTS (SELECT FROM loop_t t WHERE t.id = s.id AND NOT {DIFFERS})
        ON CONFLICT (id) DO UPDATE SET {ASSIGN.replace('s.', 'excluded.')}""",
}
LOOP = """
CREATE TEMP TABLE page (body text);
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off; SET jit = off;  -- a page is looked up by index, however empty the table looked
DO $do$
BEGIN
    FOR n IN 1..{pages} LOOP
        TRUNCATE page;
        EXECUTE format($$COPY page FROM PROGRAM 'curl -sf {url}/pages/%s.json' (FORMAT csv, DELIMITER e'\\x01', QUOTE e'\\x02')$$, n);
{statements}        COMMIT;
    END LOOP;
END
$do$;
"""


# The same for records with lines: rows of a page as above, their lines beside them.
LINE_FIELDS = ", ".join(data.LINE_NAMES)
LINES_OF_PAGE = ("(SELECT r.id AS parent_id, l.* FROM jsonb_to_recordset($1::jsonb -> 'items') AS r(id text, lines jsonb)"
                 " CROSS JOIN LATERAL (SELECT " + ", ".join(
                     f"(e ->> '{name}')::{kind} AS {name}" for name, kind in (c.split() for c in data.LINE_COLUMNS.split(", ")))
                 + " FROM jsonb_array_elements(r.lines) e) l)")
LINES_DIFFER = (f"({', '.join('t.' + n for n in data.LINE_NAMES[1:])}) IS DISTINCT FROM "
                f"({', '.join('s.' + n for n in data.LINE_NAMES[1:])})")
MERGE_LINES = f"""MERGE INTO loop_lines t USING {LINES_OF_PAGE} s ON t.parent_id = s.parent_id AND t.no = s.no
        WHEN MATCHED AND {LINES_DIFFER} THEN UPDATE SET {', '.join(f'{n} = s.{n}' for n in data.LINE_NAMES[1:])}
        WHEN NOT MATCHED THEN INSERT (parent_id, {LINE_FIELDS}) VALUES (s.parent_id, {', '.join('s.' + n for n in data.LINE_NAMES)})"""
DELETE_LINES = f"""DELETE FROM loop_lines t USING jsonb_to_recordset($1::jsonb -> 'items') AS r(id text, lines jsonb)
        WHERE t.parent_id = r.id AND NOT EXISTS (SELECT FROM jsonb_array_elements(r.lines) e WHERE (e ->> 'no')::integer = t.no)"""


def loop_script(url: str, pages: int, upsert: str, children: bool = False) -> str:
    """Into loop_t (and loop_lines), as psql runs it; `url` is the directory that holds pages/."""
    statements = [UPSERTS[upsert], *([DELETE_LINES, MERGE_LINES] if children else [])]
    run = "".join(f"        EXECUTE $sql${s}$sql$ USING (SELECT body FROM page);\n" for s in statements)
    return LOOP.format(pages=pages, url=url, statements=run)


def node_modules() -> Path | None:
    """pg and pg-copy-streams from npm, installed once beside the build; None: there is no Node here."""
    directory = Path(os.environ["TANDEM_BUILD"]).parent / "bench_node"
    if (directory / "node_modules/pg-copy-streams").is_dir():
        return directory
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "package.json").write_text("{}")
        subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit", "pg", "pg-copy-streams"], cwd=directory, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        note(f"the Node baseline is left out: {error}")
        return None
    return directory


def run_node(cluster, modules: Path, url: str, table: str) -> None:
    environment = {**os.environ, "NODE_PATH": str(modules / "node_modules"), "PGHOST": str(cluster.directory),
                   "PGPORT": str(cluster.port), "PGUSER": ROLE, "PGDATABASE": "postgres"}
    subprocess.run(["node", HERE / "node_upsert.js", f"{url}/pages/1.json", table, *data.NAMES], check=True, env=environment)
