"""A simulated SaaS API: JSON listings in every page style, checks of credentials, delays, faults, and a ledger of all
requests for assertions. Threads, standard library only. Alone: python3 api.py PORT (serves /items, 250 records).

    with ApiServer() as api:
        api.listing("/contacts", records, style="token", size=100)
        api.require("bearer", token="s3cret")
        api.fault("/contacts", "truncate", times=1, when={"page": "2"})
        ... api.requests("/contacts") ...
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from faults import FAULTS

STYLES = ("none", "page", "offset", "token", "next_url", "link")


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes
    at: float  # time.monotonic() at arrival
    connection: tuple[str, int]  # the client's address: the same for requests over one connection
    status: int | None = None
    answered_at: float | None = None


@dataclass
class Answer:
    body: bytes | str | Any = b""  # anything that is neither bytes nor str is sent as JSON
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wire: Callable[[BaseHTTPRequestHandler, bytes], None] | None = None  # sends it in a way of its own: faults.py

    def encoded(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)
        return text.encode()


@dataclass
class Listing:
    """Records served in pages. `records_key` None: the body is the array itself. A record that is a str is raw JSON."""

    records: list[Any]
    style: str = "none"
    size: int = 100
    records_key: str | None = "items"
    first_page: int = 1

    def answer(self, request: Request, base_url: str) -> Answer:
        query = request.query
        size = min(int(query.get("size", query.get("limit", self.size))), self.size)
        if self.style == "none":
            start, size = 0, len(self.records)
        elif self.style == "page":
            start = (int(query.get("page", self.first_page)) - self.first_page) * size
        elif self.style == "offset":
            start = int(query.get("offset", 0))
        else:
            start = int(query.get("cursor", "c0")[1:])
        end = start + size
        more = end < len(self.records)
        facts: dict[str, Any] = {"total": len(self.records), "total_pages": -(-len(self.records) // max(size, 1))}
        headers = {}
        next_query = urlencode({**query, "cursor": f"c{end}"})
        if self.style == "token":
            facts["next_cursor"] = f"c{end}" if more else None
        elif self.style == "next_url":
            facts["next"] = f"{base_url}{request.path}?{next_query}" if more else None
        elif self.style == "link" and more:
            headers["Link"] = f'<{base_url}{request.path}?{next_query}>; rel="next"'
        page = "[" + ",".join(r if isinstance(r, str) else json.dumps(r, ensure_ascii=False)
                              for r in self.records[start:end]) + "]"
        if self.records_key is None:
            return Answer(page, headers=headers)
        outside = json.dumps(facts)[1:-1]
        return Answer(f'{{"{self.records_key}":{page},{outside}}}', headers=headers)


def _time_of(text: str) -> datetime:
    """A point in time as cursors write it: ISO 8601, seconds or milliseconds since 1970, or a zone-less UTC time."""
    if text.isdigit():
        return datetime.fromtimestamp(int(text) / (1000 if len(text) > 11 else 1), timezone.utc)
    moment = datetime.fromisoformat(text.replace("/", "-").replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


@dataclass
class Feed:
    """Records with a cursor field, asked for by what changed. It refuses what real APIs refuse: a parameter it does not
    know (400), a time it cannot read (400), an offset beyond its window (400), a token it has forgotten (410)."""

    records: list[dict[str, Any]]
    field: str = "updated_at"  # a time
    since: str | None = "since"
    until: str | None = None
    after: str | None = None  # keyset: records behind (since, this id)
    starting_after: str | None = None  # keyset: records behind the one with this id
    order: str | None = "ascending"  # "descending"; None: as they stand in `records`
    inclusive: bool = True
    size: int = 100
    window: int | None = None  # the most that offset + size may be
    offset: str | None = None  # offset paging
    token: str | None = None  # token paging, in next_token; forgotten() makes the server forget all that it gave
    delta: str | None = None  # delta tokens, in delta_token of the last page
    others: tuple[str, ...] = ("limit",)
    clock: float = 0  # seconds its Date is ahead of ours
    born: int = 0  # tokens of an earlier birth are expired

    def forget_tokens(self) -> None:
        self.born += 1

    def answer(self, request: Request) -> Answer:
        date = {"Date": format_datetime(datetime.now(timezone.utc) + timedelta(seconds=self.clock), usegmt=True)}
        known = {self.since, self.until, self.after, self.starting_after, self.offset, self.token, self.delta, *self.others}
        for name in request.query:
            if name not in known:
                return Answer({"error": f"unknown parameter {name}"}, 400, date)
        try:
            answer = self._page(request.query)
        except ValueError as error:
            answer = Answer({"error": str(error)}, 400)
        answer.headers.update(date)
        return answer

    def _page(self, query: dict[str, str]) -> Answer:
        start, floor = 0, 0
        for name in (self.token, self.delta):
            if name and name in query:
                born, _, place = query[name].partition(".")
                if int(born) != self.born:
                    return Answer({"error": "token expired", "code": "TOKEN_EXPIRED"}, 410)
                start, floor = (int(place), floor) if name == self.token else (start, int(place))
        matching = self._matching(query)[floor:] if self.delta else self._matching(query)
        if self.offset:
            start = int(query.get(self.offset, 0))
        if self.window is not None and start + self.size > self.window:
            return Answer({"error": f"offset beyond {self.window}"}, 400)
        size = min(int(query.get("limit", self.size)), self.size)
        end = start + size
        more = end < len(matching)
        body: dict[str, Any] = {"items": matching[start:end], "has_more": more}
        if self.token:
            body["next_token"] = f"{self.born}.{end}" if more else None
        if self.delta and not more:
            body["delta_token"] = f"{self.born}.{floor + len(matching)}"
        return Answer(body)

    def _matching(self, query: dict[str, str]) -> list[dict[str, Any]]:
        key = lambda r: (_time_of(str(r[self.field])), r["id"])  # noqa: E731
        records = sorted(self.records, key=key) if self.order else list(self.records)
        if self.order == "descending":
            records.reverse()
        if self.since and self.since in query:
            low, tie = _time_of(query[self.since]), query.get(self.after) if self.after else None
            if tie is not None:
                records = [r for r in records if key(r) > (low, tie)]
            else:
                records = [r for r in records if key(r)[0] > low or (self.inclusive and key(r)[0] == low)]
        if self.until and self.until in query:
            records = [r for r in records if key(r)[0] < _time_of(query[self.until])]
        if self.starting_after and self.starting_after in query:
            ids = [r["id"] for r in records]
            records = records[ids.index(query[self.starting_after]) + 1:]
        return records


@dataclass
class _Fault:
    kind: str
    times: int
    when: dict[str, str]


class ApiServer:
    def __init__(self, port: int = 0, delay: float = 0):
        self.delay = delay  # seconds before each answer
        self._routes: dict[str, Callable[[Request], Answer]] = {}
        self._faults: dict[str, list[_Fault]] = {}
        self._check: Callable[[Request], bool] = lambda request: True
        self._ledger: list[Request] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._server = _Server(("127.0.0.1", port), self)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> ApiServer:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    # What it serves

    def listing(self, path: str, records: Iterable[Any], style: str = "none", **options: Any) -> Listing:
        """Serves records; the returned Listing may be changed while the server runs."""
        assert style in STYLES, f"page styles are {STYLES}"
        listing = Listing(list(records), style, **options)
        self._routes[path] = lambda request: listing.answer(request, self.url)
        return listing

    def feed(self, path: str, records: list[dict[str, Any]], **options: Any) -> Feed:
        """Serves what changed; records and options may be changed while the server runs."""
        feed = Feed(records, **options)
        self._routes[path] = feed.answer
        return feed

    def route(self, path: str, answer: Answer | Callable[[Request], Answer]) -> None:
        """Serves one answer always, or what a function of the request gives."""
        self._routes[path] = answer if callable(answer) else lambda request: answer

    def fault(self, path: str, kind: str, times: int = 1, when: dict[str, str] | None = None) -> None:
        """The next `times` requests of a path whose query contains `when` go wrong; kinds: faults.py, or a status."""
        assert kind in FAULTS or kind.isdigit(), f"faults are {sorted(FAULTS)} or a status code"
        with self._lock:
            self._faults.setdefault(path, []).append(_Fault(kind, times, when or {}))

    def mend(self, path: str) -> None:
        """What was still to go wrong does not."""
        with self._lock:
            self._faults.pop(path, None)

    def require(self, scheme: str, **secret: str) -> None:
        """Answers 401 without: basic(user, password), bearer(token), header(name, value), query(name, value)."""
        checks: dict[str, Callable[[Request], bool]] = {
            "basic": lambda r: r.headers.get("authorization") == "Basic " + base64.b64encode(
                f"{secret['user']}:{secret['password']}".encode()).decode(),
            "bearer": lambda r: r.headers.get("authorization") == "Bearer " + secret["token"],
            "header": lambda r: r.headers.get(secret["name"].lower()) == secret["value"],
            "query": lambda r: r.query.get(secret["name"]) == secret["value"],
        }
        self._check = checks[scheme]

    # What was asked

    def requests(self, path: str | None = None) -> list[Request]:
        with self._lock:
            return [r for r in self._ledger if path is None or r.path == path]

    def forget(self) -> None:
        with self._lock:
            self._ledger.clear()

    def cut_connections(self) -> int:
        """Resets every open connection at this moment; gives how many there were."""
        with self._lock:
            open_now = list(self._open)
        for connection in open_now:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.shutdown(socket.SHUT_RDWR)
        return len(open_now)

    # For the handler

    def _arrived(self, request: Request) -> str | None:
        """Enters a request into the ledger; gives the fault that is due for it."""
        with self._lock:
            self._ledger.append(request)
            for fault in self._faults.get(request.path, []):
                if fault.times > 0 and fault.when.items() <= request.query.items():
                    fault.times -= 1
                    return fault.kind
        return None

    def _answer(self, request: Request) -> Answer:
        if not self._check(request):
            return Answer({"error": "invalid credentials"}, 401, {"WWW-Authenticate": "Bearer"})
        route = self._routes.get(request.path)
        if route is None:
            return Answer({"error": f"nothing at {request.path}"}, 404)
        return route(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], api: ApiServer):
        super().__init__(address, _Handler)
        self.api = api

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # the client hung up: what some tests want


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body in one packet
    server: _Server

    def setup(self) -> None:
        super().setup()
        with self.server.api._lock:
            self.server.api._open.add(self.connection)

    def finish(self) -> None:
        with self.server.api._lock:
            self.server.api._open.discard(self.connection)
        super().finish()

    def _serve(self) -> None:
        api = self.server.api
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(self.command, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)),
                          {k.lower(): v for k, v in self.headers.items()}, self.rfile.read(length),
                          time.monotonic(), self.client_address)
        fault = api._arrived(request)
        if api.delay:
            time.sleep(api.delay)
        answer = Answer({"error": "as ordered"}, int(fault)) if fault and fault.isdigit() else api._answer(request)
        wire = FAULTS.get(fault or "", answer.wire)
        if wire:
            request.status = 0
            self.close_connection = True
            wire(self, answer.encoded())
            return
        request.status = answer.status
        self.send_answer(answer)
        request.answered_at = time.monotonic()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def send_answer(self, answer: Answer) -> None:
        body = answer.encoded()
        self.send_response_only(answer.status)
        self.send_header("Server", self.version_string())
        if "Date" not in answer.headers:
            self.send_header("Date", self.date_time_string())
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        pass


if __name__ == "__main__":
    with ApiServer(port=int(sys.argv[1]) if len(sys.argv) > 1 else 0) as server:
        server.listing("/items", [{"id": i, "name": f"item {i}"} for i in range(250)], style="page")
        print(server.url, flush=True)
        threading.Event().wait()
