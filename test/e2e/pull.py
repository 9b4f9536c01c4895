"""Short words for what nearly every test of a pull does: a connection, a table, a mapping, a run and its row."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg.rows

PAGING = {
    "none": {"style": "none"},
    "page": {"style": "page", "param": "page", "size_param": "size", "size": 100},
    "offset": {"style": "offset", "param": "offset", "size_param": "limit", "size": 100},
    "token": {"style": "token", "param": "cursor", "next": "next_cursor"},
    "next_url": {"style": "next_url", "next": "next"},
    "link": {"style": "link"},
}


@dataclass
class Run:
    """A row of tandem.recent_runs."""
    row: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.row[name]


class Pull:
    """One mapping of one connection in a test database."""

    def __init__(self, database: Any, name: str = "things"):
        self.database = database
        self.name = name

    def connect(self, base_url: str, objects: dict[str, Any], credentials: dict[str, str] | None = None, **config: Any) -> Pull:
        self.database.sql("SELECT tandem.create_connection(%s, 'rest', %s::jsonb, %s::jsonb)",
                          (f"{self.name}_api", json.dumps({"base_url": base_url, "objects": objects, **config}),
                           json.dumps(credentials) if credentials else None))
        return self

    def table(self, columns: str) -> Pull:
        self.database.sql(f"CREATE TABLE {self.name} ({columns})")
        return self

    def map(self, columns: Any, target: str | None = None, **arguments: Any) -> Pull:
        given = {"columns": json.dumps(columns), **{k: json.dumps(v) if isinstance(v, dict) else v for k, v in arguments.items()}}
        casts = {"columns": "::jsonb", "options": "::jsonb", "conditions": "::jsonb", "key": "::text[]", "match_on": "::text[]"}
        named = "".join(f", {k} => %({k})s{casts.get(k, '')}" for k in given)
        self.database.sql(
            f"SELECT tandem.create_mapping(%(name)s, %(connection)s, %(object)s, %(target)s::regclass{named})",
            {"name": self.name, "connection": f"{self.name}_api", "object": self.name, "target": target or self.name, **given})
        return self

    def start(self, full: bool = False) -> int:
        return self.database.scalar('SELECT tandem.sync_now(%s, "full" => %s)', (self.name, full))

    def run(self, full: bool = False) -> Run:
        number = self.start(full)
        self.database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (number,))
        return self.run_row(number)

    def run_row(self, number: int) -> Run:
        with self.database.connect(row_factory=psycopg.rows.dict_row) as connection:
            return Run(connection.execute("SELECT * FROM tandem.recent_runs WHERE run = %s", (number,)).fetchone())

    def rows(self, columns: str = "*", order: str = "1") -> list[tuple]:
        return self.database.sql(f"SELECT {columns} FROM {self.name} ORDER BY {order}")

    def errors(self, columns: str = "origin_id, code, column_name") -> list[tuple]:
        return self.database.sql(f"SELECT {columns} FROM tandem.sync_errors WHERE mapping = %s AND resolved_at IS NULL ORDER BY error",
                                 (self.name,))


def seeds(count: int) -> Iterator[int]:
    """Seeds of random histories, others each time. TANDEM_SEED repeats those of a failure, TANDEM_HISTORIES makes more."""
    first = int(os.environ.get("TANDEM_SEED") or random.randrange(10**6))
    print("seed", first)
    yield from range(first, first + int(os.environ.get("TANDEM_HISTORIES") or count))


def things(api: Any, database: Any, records: list[Any], style: str = "none", columns: Any = None, table: str | None = None,
           listing: dict[str, Any] | None = None, **arguments: Any) -> Pull:
    """The usual case: /things with id, name and qty into a table of three columns."""
    api.listing("/things", records, style=style, **(listing or {}))
    spec = {"path": "/things", "paging": PAGING[style]}
    if listing and listing.get("records_key", "items") is None:
        spec["records"] = "_root"
    pull = Pull(database).connect(api.url, {"things": spec}).table(table or "id text PRIMARY KEY, name text, qty integer")
    return pull.map(columns or {"id": "id", "name": "name", "qty": "qty"}, **arguments)


def records(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [{"id": f"r{i:05}", "name": f"thing {i}", "qty": i} for i in range(first, first + count)]
