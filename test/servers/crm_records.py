"""What the simulated vendor of crm.py knows: its records with their versions, its clock, and the ledger of everything that
ever changed. The truth that tests compare with. Nothing here knows HTTP.

The clock is the vendor's own and moves only with what happens (`step` seconds for each change) and with tick(), so that
histories repeat exactly; by default four changes fall in one second.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

GRAINS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds"}
OWN = ("id", "version", "created_at", "updated_at", "deleted")  # fields that the vendor itself sets


class Problem(Exception):
    """What the vendor answers instead of doing it."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None, **more: Any):
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, **({"field": field} if field else {}), **more}


@dataclass
class Kind:
    """One kind of record. `fields` are the writable ones with their Python types; numbers are int or Decimal."""

    name: str
    fields: dict[str, type]
    required: tuple[str, ...] = ()
    unique: str | None = None  # the field that is the client's own key
    computed: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    normalize: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    write_once: tuple[str, ...] = ()
    integer_ids: bool = False
    ignores_unknown: bool = False  # real ones do either: refuse fields they do not know, or pass over them in silence
    soft_deletes: bool = False  # a deleted record is still found, with deleted = true
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    past: dict[str, list[tuple[datetime, dict[str, Any] | None]]] = field(default_factory=dict)  # None: deleted
    by_key: dict[Any, str] = field(default_factory=dict)
    deletions: list[tuple[str, datetime]] = field(default_factory=list)


@dataclass
class Mutation:
    """A change that was accepted."""

    kind: str
    op: str  # create | update | delete | restore
    id: str
    version: int  # that the record has since
    given: dict[str, Any]  # what was sent
    after: dict[str, Any] | None
    by: str  # api | person
    at: datetime  # the vendor's clock
    changed: bool = True  # whether it made a difference to any field
    idempotency_key: str | None = None
    attempt: int = 1  # how many requests have come with this idempotency key
    request: int = 0  # which request brought it, counted from 1


class Records:
    def __init__(self, step: float = 0.25, grain: str = "s"):
        assert grain in GRAINS, f"grains are {sorted(GRAINS)}"
        self.now = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
        self.step, self.grain = step, grain
        self.lag = timedelta()  # listings and look-ups do not show what is younger (read after write)
        self.bumps = True  # an update that changes nothing makes a new version, too
        self.ledger: list[Mutation] = []
        self.kinds: dict[str, Kind] = {}
        self.lock = threading.RLock()
        self._made = 0

    def tick(self, seconds: float = 60) -> None:
        with self.lock:
            self.now += timedelta(seconds=seconds)

    def iso(self, moment: datetime) -> str:
        return moment.isoformat(timespec=GRAINS[self.grain]).replace("+00:00", "Z")

    # Changes, by the API or by a person

    def create(self, kind: Kind, given: dict[str, Any], **cause: Any) -> dict[str, Any]:
        with self.lock:
            fields = self._clean(kind, given)
            for name in kind.required:
                if fields.get(name) in (None, ""):
                    raise Problem(422, "required", f"{name} is missing", name)
            self._check_key(kind, fields, None)
            self._made += 1
            id_ = str(1000 + self._made) if kind.integer_ids else f"{kind.name[:3]}_{self._made:06}"
            self._advance()
            record = {**dict.fromkeys(kind.fields), **fields, "created_at": self.iso(self.now)}
            return self._store(kind, "create", id_, record, 1, given, **cause)

    def update(self, kind: Kind, id_: str, given: dict[str, Any], if_match: str | None = None, whole: bool = False,
               **cause: Any) -> dict[str, Any]:
        """`whole`: fields that are not given become null."""
        with self.lock:
            record = self._found(kind, id_, if_match)
            fields = self._clean(kind, given)
            for name in kind.write_once:
                if name in fields and fields[name] != record.get(name):
                    raise Problem(422, "write_once", f"{name} cannot be changed", name)
            after = {**record, **(dict.fromkeys(kind.fields) if whole else {}), **fields}
            for name in kind.required:
                if after.get(name) in (None, ""):
                    raise Problem(422, "required", f"{name} is missing", name)
            self._check_key(kind, after, id_)
            changed = any(after.get(name) != record.get(name) for name in kind.fields)
            if not changed and not self.bumps:
                return self.shown(kind, id_)
            self._advance()
            return self._store(kind, "update", id_, after, record["version"] + 1, given, changed=changed, **cause)

    def delete(self, kind: Kind, id_: str, if_match: str | None = None, **cause: Any) -> None:
        with self.lock:
            record = self._found(kind, id_, if_match)
            self._advance()
            del kind.records[id_]
            if kind.unique:
                kind.by_key.pop(record.get(kind.unique), None)
            kind.deletions.append((id_, self.now))
            gone = {**record, "version": record["version"] + 1, "updated_at": self.iso(self.now)}
            kind.past[id_].append((self.now, None))
            if kind.soft_deletes:
                kind.past[id_].append((self.now, {**gone, "deleted": True}))
            self._enter(kind, "delete", id_, gone["version"], {}, None, **cause)

    def restore(self, kind: Kind, id_: str, **cause: Any) -> dict[str, Any]:
        """A deleted record as it last was, taken out of the bin."""
        with self.lock:
            last = next(r for _, r in reversed(kind.past[id_]) if r and not r.get("deleted"))
            version = 1 + max(m.version for m in self.ledger if m.id == id_ and m.kind == kind.name)
            self._check_key(kind, last, id_)
            self._advance()
            return self._store(kind, "restore", id_, dict(last), version, {}, **cause)

    # What is there

    def shown(self, kind: Kind, id_: str) -> dict[str, Any]:
        return copy.deepcopy(kind.records[id_])

    def visible(self, kind: Kind) -> list[dict[str, Any]]:
        """All that a listing shows now, in the order of updated_at and id; softly deleted ones among them."""
        with self.lock:
            horizon = self.now - self.lag
            if self.lag or kind.soft_deletes:
                past = (self._as_of(kind, id_, horizon) for id_ in kind.past)
                found = [r for r in past if r is not None]
            else:
                found = list(kind.records.values())
            return sorted(found, key=lambda r: (r["updated_at"], str(r["id"])))

    def find(self, kind: Kind, id_: str) -> dict[str, Any] | None:
        with self.lock:
            return self._as_of(kind, id_, self.now - self.lag) if id_ in kind.past else None

    @staticmethod
    def _as_of(kind: Kind, id_: str, horizon: datetime) -> dict[str, Any] | None:
        return next((r for at, r in reversed(kind.past[id_]) if at <= horizon), None)

    # Rules

    def _clean(self, kind: Kind, given: dict[str, Any]) -> dict[str, Any]:
        fields = {}
        for name, value in given.items():
            if name not in kind.fields:
                if kind.ignores_unknown:
                    continue
                what = "read_only" if name in OWN or name in kind.computed else "unknown_field"
                raise Problem(422, what, f"{name} cannot be set", name)
            wanted = kind.fields[name]
            accepted = (int, Decimal) if wanted is Decimal else wanted
            if value is not None and (not isinstance(value, accepted) or isinstance(value, bool) and wanted is not bool):
                raise Problem(422, "invalid", f"{name} must be {wanted.__name__}, not {value!r}", name)
            fields[name] = kind.normalize[name](value) if value is not None and name in kind.normalize else value
        return fields

    @staticmethod
    def _check_key(kind: Kind, fields: dict[str, Any], id_: str | None) -> None:
        value = fields.get(kind.unique) if kind.unique else None
        holder = kind.by_key.get(value) if value is not None else None
        if holder is not None and holder != id_:
            raise Problem(409, "already_exists", f"{kind.unique} {value} exists", kind.unique, existing_id=holder)

    @staticmethod
    def _found(kind: Kind, id_: str, if_match: str | None) -> dict[str, Any]:
        record = kind.records.get(id_)
        if record is None:
            raise Problem(410 if id_ in kind.past else 404, "gone" if id_ in kind.past else "not_found", f"no {kind.name} {id_}")
        if if_match is not None and if_match.strip('W/"') not in ("*", str(record["version"])):
            raise Problem(412, "version_conflict", f"the version is {record['version']}", version=record["version"])
        return record

    def _advance(self) -> None:
        self.now += timedelta(seconds=self.step)

    def _store(self, kind: Kind, op: str, id_: str, record: dict[str, Any], version: int, given: dict[str, Any],
               **cause: Any) -> dict[str, Any]:
        before = kind.records.get(id_)
        record = {"id": int(id_) if kind.integer_ids else id_, **record, "version": version, "updated_at": self.iso(self.now)}
        for name, compute in kind.computed.items():
            record[name] = compute(record)
        if kind.unique:
            if before is not None and before.get(kind.unique) != record.get(kind.unique):
                kind.by_key.pop(before.get(kind.unique), None)
            if record.get(kind.unique) is not None:
                kind.by_key[record[kind.unique]] = id_
        kind.records[id_] = record
        kind.past.setdefault(id_, []).append((self.now, record))
        self._enter(kind, op, id_, version, given, record, **cause)
        return copy.deepcopy(record)

    def _enter(self, kind: Kind, op: str, id_: str, version: int, given: dict[str, Any], after: dict[str, Any] | None,
               by: str = "api", **cause: Any) -> None:
        self.ledger.append(Mutation(kind.name, op, id_, version, copy.deepcopy(given), copy.deepcopy(after), by, self.now, **cause))
