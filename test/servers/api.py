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
import json
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
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

    def route(self, path: str, answer: Answer | Callable[[Request], Answer]) -> None:
        """Serves one answer always, or what a function of the request gives."""
        self._routes[path] = answer if callable(answer) else lambda request: answer

    def fault(self, path: str, kind: str, times: int = 1, when: dict[str, str] | None = None) -> None:
        """The next `times` requests of a path whose query contains `when` go wrong; kinds: faults.py, or a status."""
        assert kind in FAULTS or kind.isdigit(), f"faults are {sorted(FAULTS)} or a status code"
        with self._lock:
            self._faults.setdefault(path, []).append(_Fault(kind, times, when or {}))

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
        if fault in FAULTS:
            request.status = 0
            self.close_connection = True
            FAULTS[fault](self, answer.encoded())
            return
        request.status = answer.status
        self.send_answer(answer)
        request.answered_at = time.monotonic()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def send_answer(self, answer: Answer) -> None:
        body = answer.encoded()
        self.send_response(answer.status)
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
