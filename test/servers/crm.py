"""A simulated SaaS vendor that can be written to, strict as real ones are, with scripted faults and a ledger of what it
accepted. Paths of a kind `contacts`:

    GET    /contacts              listing by updated_at, id: since, until, limit; cursor (token) or after (keyset); FIELD=value
    GET    /contacts/deleted      what was deleted: start, end
    GET    /contacts/{id}         one record; ETag
    POST   /contacts              create: 201 with the record
    PATCH  /contacts/{id}         update; PUT: whole, what is not given becomes null. If-Match: 412. 200, or 204 if replies="none"
    DELETE /contacts/{id}         204; afterwards 410, and 404 for what never was
    PUT    /contacts/by/KEY/{v}   upsert by the client's own key: 201 or 200
    POST PATCH PUT DELETE /contacts/batch     create, update (id), upsert (KEY), delete (id) of {"records": [...]}

    with Crm() as crm:
        contacts = crm.kind("contacts", {"name": str, "email": str}, required=("name",), unique="email")
        crm.fault("lost", method="POST"); ... contacts.create(name="Ann"); contacts.all(); crm.accepted("contacts")
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from api import Answer, ApiServer, Request
from crm_records import OWN, Kind, Mutation, Problem, Records
from faults import FAULTS

# What a batch answers: results in the order of its records (status 200), by the client's own `ref` and shuffled, in order
# with status 207; "refuse": one bad record and nothing is done, without a word on which; "atomic": the same, telling which.
BATCHES = ("order", "echo", "multi", "refuse", "atomic")
# Faults of this server, beside those of faults.py (which answer something else for what *was* done).
BEFORE = ("unread", "error_before", "html_before", "held")  # nothing is done, or later than what came after it
AFTER = ("lost", "error_after", "late", "double", "twice")


@dataclass
class _Fault:
    kind: str
    times: int
    method: str | None
    path: str
    seconds: float
    when: Callable[[Request], bool] | None

    def fits(self, request: Request) -> bool:
        return (self.times > 0 and self.method in (None, request.method) and request.path.startswith(self.path)
                and (self.when is None or self.when(request)))


class Things:
    """The records of one kind, as a person at the vendor's own pages sees and edits them."""

    def __init__(self, crm: Crm, kind: Kind):
        self.crm, self.kind = crm, kind

    def create(self, **fields: Any) -> str:
        return str(self.crm.records.create(self.kind, fields, by="person")["id"])

    def edit(self, id_: str, **fields: Any) -> None:
        self.crm.records.update(self.kind, id_, fields, by="person")

    def delete(self, id_: str) -> None:
        self.crm.records.delete(self.kind, id_, by="person")

    def restore(self, id_: str) -> None:
        self.crm.records.restore(self.kind, id_, by="person")

    def get(self, id_: str) -> dict[str, Any]:
        return self.crm.records.shown(self.kind, id_)

    def all(self, *fields: str) -> dict[str, Any]:
        """Every live record by id; only some fields of them as tuples, if given."""
        with self.crm.records.lock:
            found = {id_: dict(record) for id_, record in self.kind.records.items()}
        return {id_: tuple(r[f] for f in fields) for id_, r in found.items()} if fields else found

    def by_key(self, value: Any) -> dict[str, Any]:
        return self.get(self.kind.by_key[value])


class Crm(ApiServer):
    def __init__(self, port: int = 0, batches: str = "order", max_batch: int = 100, max_body: int = 1 << 20,
                 replies: str = "record", after_delete: int = 410, step: float = 0.25, grain: str = "s", seed: int = 0):
        assert batches in BATCHES, f"batches answer {BATCHES}"
        assert replies in ("record", "id", "none"), "updates answer with the record, its id, or nothing (204)"
        super().__init__(port)
        self.records = Records(step, grain)
        self.batches, self.max_batch, self.max_body, self.replies, self.after_delete = (
            batches, max_batch, max_body, replies, after_delete)
        self.token: str | None = None  # what Authorization: Bearer has to be
        self.keeps_keys = True  # whether it knows Idempotency-Key at all
        self.limit: tuple[int, float] | None = None  # requests per seconds; above: 429 with Retry-After
        self.forbidden: list[float] = []  # when requests came that were not allowed yet (time.monotonic())
        self._window: list[float] = []
        self._keys: dict[str, tuple[Any, Answer, int]] = {}
        self._ordered: list[_Fault] = []
        self._random = random.Random(seed)

    # What it is made of

    def kind(self, name: str, fields: dict[str, type], **options: Any) -> Things:
        self.records.kinds[name] = Kind(name, fields, **options)
        return Things(self, self.records.kinds[name])

    def fault(self, kind: str, times: int = 1, method: str | None = None, path: str = "/", seconds: float = 0.2,  # type: ignore[override]
              when: Callable[[Request], bool] | None = None) -> None:
        """The next `times` requests that fit go wrong: BEFORE, AFTER, a kind of faults.py, or a status (nothing is done)."""
        assert kind in BEFORE + AFTER or kind in FAULTS or kind.isdigit(), f"faults are {sorted([*BEFORE, *AFTER, *FAULTS])}"
        with self._lock:
            self._ordered.append(_Fault(kind, times, method, path, seconds, when))

    def mend(self, path: str = "/") -> None:
        """What was still to go wrong does not."""
        with self._lock:
            self._ordered = [f for f in self._ordered if not f.path.startswith(path)]

    def accepted(self, kind: str | None = None, id_: str | None = None, by: str | None = "api") -> list[Mutation]:
        """The ledger: what it did at the request of the API (by=None: by anybody), in this order."""
        with self.records.lock:
            return [m for m in self.records.ledger if kind in (None, m.kind) and id_ in (None, m.id) and by in (None, m.by)]

    # Answering

    def _answer(self, request: Request) -> Answer:
        with self._lock:
            fault = next((f for f in self._ordered if f.fits(request)), None)
            if fault:
                fault.times -= 1
            number = len(self._ledger)
        if fault is None:
            return self._handle(request, number)
        if fault.kind == "unread":
            return Answer(wire=FAULTS["unread"])
        if fault.kind == "error_before" or fault.kind.isdigit():
            return self._say(500 if fault.kind == "error_before" else int(fault.kind), {"code": "ordered", "message": "as ordered"})
        if fault.kind == "html_before":
            return Answer(wire=FAULTS["html"])
        if fault.kind == "held":
            time.sleep(fault.seconds)
        answer = self._handle(request, number)
        if fault.kind == "twice":
            answer = self._handle(request, number)
        elif fault.kind == "late":
            time.sleep(fault.seconds)
        elif fault.kind == "error_after":
            return self._say(500, {"code": "internal", "message": "something went wrong"})
        elif fault.kind == "double":
            once = Answer(answer.body, answer.status, answer.headers)
            answer.wire = lambda handler, body: (handler.send_answer(once), handler.send_answer(once))  # type: ignore[attr-defined]
        elif fault.kind != "held":
            answer.wire = FAULTS["close" if fault.kind == "lost" else fault.kind]
        return answer

    def _handle(self, request: Request, number: int) -> Answer:
        try:
            self._admit(request)
            return self._dispatch(request, number)
        except Problem as problem:
            return self._say(problem.status, problem.body)

    def _admit(self, request: Request) -> None:
        if self.token is not None and request.headers.get("authorization") != f"Bearer {self.token}":
            raise Problem(401, "unauthorized", "who are you?")
        if self.limit:
            most, seconds = self.limit
            with self._lock:
                self._window = [at for at in self._window if at > request.at - seconds]
                if len(self._window) >= most:
                    self.forbidden.append(request.at)
                    raise Problem(429, "rate_limited", "too many requests", retry_after=max(1, round(seconds)))
                self._window.append(request.at)
        if len(request.body) > self.max_body:
            raise Problem(413, "too_large", f"more than {self.max_body} bytes")

    def _dispatch(self, request: Request, number: int) -> Answer:
        name, *rest = [unquote(part) for part in request.path.strip("/").split("/")]
        kind = self.records.kinds.get(name)
        if kind is None:
            raise Problem(404, "not_found", f"nothing at {request.path}")
        if request.method == "GET":
            return self._read(kind, rest, request)
        cause = {"idempotency_key": request.headers.get("idempotency-key"), "request": number}
        if rest == ["batch"]:
            return self._once(request, kind, lambda c: self._batch(kind, request, c), cause)
        if request.method == "POST" and not rest:
            return self._once(request, kind, lambda c: self._created(self.records.create(kind, self._body(kind, request), **c)), cause)
        if len(rest) == 3 and rest[:2] == ["by", kind.unique] and request.method == "PUT":
            return self._once(request, kind, lambda c: self._upsert(kind, rest[2], self._body(kind, request), c), cause)
        if len(rest) != 1:
            raise Problem(404, "not_found", f"nothing at {request.path}")
        if request.method in ("PATCH", "PUT"):
            return self._once(request, kind, lambda c: self._update(kind, rest[0], request, c), cause)
        if request.method == "DELETE":
            return self._once(request, kind, lambda c: self._delete(kind, rest[0], request, c), cause)
        raise Problem(405, "not_allowed", f"{request.method} of one record")

    def _once(self, request: Request, kind: Kind, do: Callable[[dict[str, Any]], Answer], cause: dict[str, Any]) -> Answer:
        """With an idempotency key: the first answer again, as Stripe does it. What was refused is not kept."""
        key = cause["idempotency_key"]
        if key is None or not self.keeps_keys:
            return do({**cause, "idempotency_key": key})
        if len(key) > 255:
            raise Problem(400, "idempotency_error", "a key has 255 characters at most")
        print_ = (request.method, request.path, request.body)
        with self.records.lock:
            before = self._keys.get(key)
            if before and before[0] != print_:
                raise Problem(400, "idempotency_error", "this key was given with other parameters")
            if before:
                self._keys[key] = (before[0], before[1], before[2] + 1)
                return Answer(before[1].body, before[1].status, {**before[1].headers, "Idempotent-Replayed": "true"})
            answer = do(cause)
            self._keys[key] = (print_, Answer(answer.body, answer.status, dict(answer.headers)), 1)
            return answer

    def requests_with(self, key: str) -> int:
        """How many requests came with an idempotency key, the first one included."""
        return self._keys[key][2] if key in self._keys else 0

    # Reading

    def _read(self, kind: Kind, rest: list[str], request: Request) -> Answer:
        if rest == ["deleted"]:
            return self._feed(kind, request)
        if len(rest) == 1:
            record = self.records.find(kind, rest[0])
            if record is None:
                raise Problem(410 if rest[0] in kind.past else 404, "not_found", f"no {kind.name} {rest[0]}")
            return self._say(200, record, {"ETag": f'"{record["version"]}"'})
        if rest:
            raise Problem(404, "not_found", f"nothing at {request.path}")
        query = dict(request.query)
        size = min(int(query.pop("limit", 100)), 100)  # cut in silence, as Redmine does
        since, until = (self._time(query.pop(n, None)) for n in ("since", "until"))
        after, cursor = query.pop("after", None), query.pop("cursor", None)
        found = self.records.visible(kind)
        for name, value in query.items():
            if name not in kind.fields:
                raise Problem(400, "unknown_parameter", f"unknown parameter {name}", name)
            found = [r for r in found if str(r[name]) == value]
        if cursor:
            mark = tuple(cursor.split("~", 1))
            found = [r for r in found if (r["updated_at"], str(r["id"])) > mark]
        elif since and after:
            found = [r for r in found if (r["updated_at"], str(r["id"])) > (since, after)]
        elif since:
            found = [r for r in found if r["updated_at"] >= since]
        if until:
            found = [r for r in found if r["updated_at"] < until]
        page, more = found[:size], len(found) > size
        token = f"{page[-1]['updated_at']}~{page[-1]['id']}" if more else None
        return self._say(200, {"items": page, "has_more": more, "next_cursor": token})

    def _time(self, text: str | None) -> str | None:
        """As updated_at is written, in its grain."""
        if text is None:
            return None
        try:
            return self.records.iso(datetime.fromisoformat(text.replace("Z", "+00:00")))
        except ValueError:
            raise Problem(400, "invalid", f"{text} is no time") from None

    def _feed(self, kind: Kind, request: Request) -> Answer:
        unknown = set(request.query) - {"start", "end"}
        if unknown:
            raise Problem(400, "unknown_parameter", f"unknown: {sorted(unknown)}")
        covered = self.records.iso(self.records.now - self.records.lag)
        start, end = request.query.get("start", ""), min(request.query.get("end", covered), covered)
        with self.records.lock:
            found = [{"id": int(id_) if kind.integer_ids else id_, "deleted_at": self.records.iso(at)}
                     for id_, at in kind.deletions if start <= self.records.iso(at) <= end]
        return self._say(200, {"items": found, "covered": covered})

    # Writing

    def _body(self, kind: Kind, request: Request) -> dict[str, Any]:
        body = self._parsed(request)
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            body = {name: _from_form(value, kind.fields.get(name, str)) for name, value in body.items()}
        if not isinstance(body, dict):
            raise Problem(400, "malformed", "an object is wanted")
        return body

    def _parsed(self, request: Request) -> Any:
        media = request.headers.get("content-type", "").partition(";")[0].strip()
        if media == "application/x-www-form-urlencoded":
            return dict(parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=bool(request.body)))
        if media != "application/json":
            raise Problem(415, "unsupported", f"JSON is wanted, not {media or 'something'}")
        try:
            return json.loads(request.body, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
        except (ValueError, UnicodeDecodeError) as error:
            raise Problem(400, "malformed", str(error)) from None

    def _created(self, record: dict[str, Any]) -> Answer:
        body = {"id": record["id"]} if self.replies == "id" else record
        return self._say(201, body, {"ETag": f'"{record["version"]}"'})

    def _update(self, kind: Kind, id_: str, request: Request, cause: dict[str, Any]) -> Answer:
        fields = self._body(kind, request)
        version = fields.pop("version", None)  # the condition may stand in the body, too
        match = request.headers.get("if-match") or (None if version is None else str(version))
        return self._updated(self.records.update(kind, id_, fields, match, request.method == "PUT", **cause))

    def _updated(self, record: dict[str, Any]) -> Answer:
        tag = {"ETag": f'"{record["version"]}"'}
        if self.replies == "none":
            return Answer(b"", 204, tag)
        return self._say(200, {"id": record["id"]} if self.replies == "id" else record, tag)

    def _delete(self, kind: Kind, id_: str, request: Request, cause: dict[str, Any]) -> Answer:
        try:
            self.records.delete(kind, id_, request.headers.get("if-match"), **cause)
        except Problem as problem:
            if problem.status == 410:
                problem.status = self.after_delete
            raise
        return Answer(b"", 204)

    def _upsert(self, kind: Kind, key: str, fields: dict[str, Any], cause: dict[str, Any]) -> Answer:
        value = _from_form(key, kind.fields[str(kind.unique)])
        if fields.setdefault(str(kind.unique), value) != value:
            raise Problem(422, "invalid", f"{kind.unique} of path and body differ", kind.unique)
        with self.records.lock:
            id_ = kind.by_key.get(value)
            if id_ is None:
                return self._created(self.records.create(kind, fields, **cause))
            return self._updated(self.records.update(kind, id_, fields, **cause))

    def _batch(self, kind: Kind, request: Request, cause: dict[str, Any]) -> Answer:
        body = self._parsed(request)
        given = body.get("records") if isinstance(body, dict) else None
        if not isinstance(given, list) or not given or not all(isinstance(r, dict) for r in given):
            raise Problem(400, "malformed", "records is wanted, an array of objects")
        if len(given) > self.max_batch:
            raise Problem(413, "too_many", f"{self.max_batch} records at most")
        if self.batches == "echo" and len({r.get("ref") for r in given}) < len(given):
            raise Problem(400, "malformed", "every record needs a ref of its own")
        with self.records.lock:
            if self.batches in ("refuse", "atomic"):
                return self._all_or_nothing(kind, request.method, given, cause)
            results = [self._one_of(kind, request.method, record, cause) for record in given]
        if self.batches == "echo":
            self._random.shuffle(results)
        return self._say(207 if self.batches == "multi" else 200, {"results": results})

    def _all_or_nothing(self, kind: Kind, method: str, given: list[dict[str, Any]], cause: dict[str, Any]) -> Answer:
        ledger = self.records.ledger
        saved = (dict(kind.records), {k: list(v) for k, v in kind.past.items()}, dict(kind.by_key), list(kind.deletions), len(ledger))
        keys = dict(self._keys)
        results = []
        for index, record in enumerate(given):
            result = self._one_of(kind, method, record, cause)
            if result["status"] >= 400:
                kind.records, kind.past, kind.by_key, kind.deletions = saved[:4]
                del ledger[saved[4]:]
                self._keys = keys
                told = {"index": index, **result["error"]} if self.batches == "atomic" else {
                    "code": "batch_refused", "message": "a record of this batch is invalid"}
                raise Problem(422, told.pop("code"), told.pop("message"), **told)
            results.append(result)
        return self._say(200, {"results": results})

    def _one_of(self, kind: Kind, method: str, record: dict[str, Any], cause: dict[str, Any]) -> dict[str, Any]:
        """One record of a batch; it may bring an idempotency_key of its own."""
        key = record.get("idempotency_key")
        if key is None or not self.keeps_keys:
            return self._one_done(kind, method, record, cause)
        print_ = (method, kind.name, encode({k: v for k, v in record.items() if k != "ref"}).encode())
        before = self._keys.get(key)
        if before and before[0] != print_:
            return {"ref": record.get("ref"), "status": 400, "error": {"code": "idempotency_error", "message": "given with other fields"}}
        if before:
            self._keys[key] = (before[0], before[1], before[2] + 1)
            return {**before[1].body, "ref": record.get("ref")}
        result = self._one_done(kind, method, record, {**cause, "idempotency_key": key})
        if result["status"] < 400:
            self._keys[key] = (print_, Answer(result), 1)
        return result

    def _one_done(self, kind: Kind, method: str, record: dict[str, Any], cause: dict[str, Any]) -> dict[str, Any]:
        ref = {"ref": record["ref"]} if "ref" in record else {}
        fields = {k: v for k, v in record.items() if k not in ("ref", "id", "version", "idempotency_key")}
        match = f'"{record["version"]}"' if record.get("version") is not None else None
        try:
            if method == "POST":
                done, status = self.records.create(kind, fields, **cause), 201
            elif method == "PATCH":
                done, status = self.records.update(kind, str(record.get("id")), fields, match, **cause), 200
            elif method == "PUT":
                status = 200 if fields.get(str(kind.unique)) in kind.by_key else 201
                done = (self.records.update(kind, kind.by_key[fields[str(kind.unique)]], fields, **cause) if status == 200
                        else self.records.create(kind, fields, **cause))
            else:
                self.records.delete(kind, str(record.get("id")), match, **cause)
                return {**ref, "status": 200, "id": record.get("id")}
        except Problem as problem:
            return {**ref, "status": problem.status, "error": problem.body}
        shown = {} if self.replies != "record" else {"record": done}
        return {**ref, "status": status, "id": done["id"], "version": done["version"], **shown}

    # Sending

    def _say(self, status: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
        date = {"Date": format_datetime(self.records.now, usegmt=True), **(headers or {})}
        if isinstance(body, dict) and "retry_after" in body:
            date["Retry-After"] = str(body["retry_after"])
        return Answer(encode(body), status, date)


def encode(body: Any) -> str:
    """JSON in which decimals keep their digits."""
    text = json.dumps(body, ensure_ascii=False, default=lambda d: f"\ue000{d}\ue001")
    return re.sub("\"\ue000([^\ue001]*)\ue001\"", r"\1", text)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a field is given twice")
    return dict(pairs)


def _from_form(text: str, wanted: type) -> Any:
    if wanted is str:
        return text
    if text == "":
        return None
    if wanted is bool:
        return text == "true"
    try:
        return wanted(text)
    except (ValueError, ArithmeticError):
        return text


__all__ = ["AFTER", "BATCHES", "BEFORE", "OWN", "Crm", "Things", "encode"]
