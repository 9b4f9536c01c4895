"""Short words for what nearly every test of a push does: an object of the simulated vendor that can be written, a table whose
changes go to it, waiting until they have arrived. What pulls need too is in pull.py."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cluster import SUPERUSER, wait_until
from pull import Pull
from servers import Crm, Things

FIELDS = {"key": str, "name": str, "qty": int, "amount": Decimal, "flag": bool, "label": str}
TABLE = "id integer PRIMARY KEY, key text, name text, qty integer, amount numeric, flag boolean"
COLUMNS = {"key": "key", "name": "name", "qty": "qty", "amount": "amount", "flag": "flag"}
LEFT = """
SELECT EXISTS (SELECT FROM tandem._outbox)
    OR EXISTS (SELECT FROM tandem._outbox_item i JOIN tandem._mapping m ON m.mapping_id = i.mapping_id WHERE m.name = %s AND i.state IN ('p', 'c')
                  AND NOT EXISTS (SELECT FROM tandem._conflict c WHERE c.mapping_id = i.mapping_id AND c.key = i.key AND c.resolved_at IS NULL))
"""


def readable(kind: str = "things") -> dict[str, Any]:
    """How the records of a kind are read from the vendor of test/servers/crm.py."""
    return {"path": f"/{kind}", "records": "items", "id": "id", "version": "version",
            "paging": {"style": "token", "param": "cursor", "next": "next_cursor", "more": "has_more", "size_param": "limit", "size": 100},
            "cursor": {"field": "updated_at", "param": "since"},
            "deletions": {"path": f"/{kind}/deleted", "records": "items", "id": "id",
                          "cursor": {"field": "deleted_at", "param": "start", "until_param": "end", "covered": "covered"}}}


def writable(kind: str = "things", **write: Any) -> dict[str, Any]:
    """And how they are written: what the vendor's paths are by default, one record a request."""
    return {**readable(kind), "write": {"create": {}, "update": {}, "delete": {}, **write}}


def batched(size: int = 100, kind: str = "things", batches: str = "order", key: str | None = None, **more: Any) -> dict[str, Any]:
    """The same in batches; with `key` by upsert."""
    found = {"order": {}, "multi": {}, "refuse": {}, "atomic": {}, "echo": {"echo": "ref", "echo_of": "index"}}[batches]
    batch = {"size": size, "results": "results", "status": "status", **found,
             "atomic": batches in ("refuse", "atomic")}

    def call(method: str, element: dict[str, Any] | str) -> dict[str, Any]:
        record = {"ref": "{index}", "...": "{record}"} if element == "{record}" else {"ref": "{index}", **element}
        return {"method": method, "path": f"/{kind}/batch", "body": {"records": "{records}"},
                "batch": {**batch, **({} if record == "{record}" else {"record": record})}}

    write = {"update": call("PATCH", {"id": "{id}", "...": "{record}"}), "delete": call("DELETE", {"id": "{id}"})}
    if key:
        write |= {"key": key, "upsert": call("PUT", "{record}")}
    else:
        write["create"] = call("POST", "{record}")
    return {**readable(kind), "write": {**write, **more}}


class Push(Pull):
    """One mapping of direction push (or both); `do` changes its table as the owner does."""

    def map(self, columns: Any = None, target: str | None = None, **arguments: Any) -> Push:
        super().map(columns or COLUMNS, target, **{"direction": "push", "delete_mode": "hard", **arguments})
        return self

    def do(self, statement: str, params: Any = None) -> None:
        self.database.sql(statement, params)

    def pending(self) -> bool:
        return self.database.scalar(LEFT, (self.name,), user=SUPERUSER)

    def quiet(self, timeout: float = 60) -> None:
        """Waits until everything captured has been sent, parked, is ambiguous or in conflict."""
        wait_until(lambda: not self.pending(), timeout, f"an outbox without pending changes: {self.items()}; nothing pending")

    def items(self, columns: str = "key, op, state, attempts, not_before::text, waits_for") -> list[tuple]:
        return self.database.sql(f"SELECT {columns} FROM tandem._outbox_item ORDER BY item LIMIT 10", user=SUPERUSER)

    def states(self) -> list[tuple]:
        """(key, state) of what is neither pending nor done: f is parked, a ambiguous."""
        return self.database.sql("SELECT key->>'id', state::text FROM tandem._outbox_item WHERE state IN ('f', 'a') ORDER BY item",
                                 user=SUPERUSER)


def pushed(crm: Crm, database: Any, spec: dict[str, Any] | None = None, kind: dict[str, Any] | None = None, columns: Any = None,
           table: str = TABLE, config: dict[str, Any] | None = None, **arguments: Any) -> tuple[Push, Things]:
    """The usual case: table `things`, every change of which goes to the vendor's /things."""
    things = crm.kind("things", FIELDS, **(kind or {}))
    push = Push(database).connect(crm.url, {"things": spec or writable()}, **(config or {})).table(table).map(columns, **arguments)
    return push, things


def same(push: Push, things: Things, *fields: str) -> bool:
    """Whether both sides hold the same values, whatever the ids."""
    names = fields or ("key", "name", "qty", "amount", "flag")
    return sorted(map(repr, push.rows(", ".join(names)))) == sorted(map(repr, things.all(*names).values()))
