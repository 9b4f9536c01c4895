"""A receiver of webhooks that believes nothing: it verifies signatures by itself (Standard Webhooks, or a plain HMAC in a
header), records what was delivered, and answers what the test says.

    with Webhook(secrets=["whsec_…"]) as hook:
        hook.answers(500, 410)                  # the next two deliveries; 200 afterwards
        ... hook.url + "/hook" ...  hook.good()
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

from api import Answer, ApiServer, Request

TOLERANCE = 300  # seconds


@dataclass
class Delivery:
    id: str | None  # webhook-id: the same for every attempt
    at: float  # time.time()
    body: bytes
    headers: dict[str, str]
    problem: str | None  # why it is not believed
    status: int  # that it was answered with
    path: str = "/hook"

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def standard_signature(secret: str, id_: str, timestamp: int | str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    return "v1," + base64.b64encode(hmac.digest(key, f"{id_}.{timestamp}.".encode() + body, "sha256")).decode()


def plain_signature(secret: str, body: bytes, algorithm: str = "sha256", encoding: str = "hex") -> str:
    digest = hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).digest()
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()


class Webhook(ApiServer):
    def __init__(self, secrets: list[str] | None = None, header: str | None = None, algorithm: str = "sha256", encoding: str = "hex",
                 prefix: str = ""):
        """`secrets`: any one of them will do. `header`: not Standard Webhooks but this header with prefix and plain HMAC of the body."""
        super().__init__()
        self.secrets = secrets
        self.header, self.algorithm, self.encoding, self.prefix = header, algorithm, encoding, prefix
        self.deliveries: list[Delivery] = []
        self.slow = 0.0  # seconds before each answer
        self._script: list[int | Answer] = []

    def answers(self, *script: int | Answer) -> None:
        """What the next deliveries are answered with: a status (3xx: to a place where nobody listens), or an Answer."""
        with self._lock:
            self._script += script

    def good(self, path: str | None = None) -> list[Delivery]:
        """Those that were verified and answered with 2xx, in the order of their arrival."""
        with self._lock:
            return [d for d in self.deliveries if d.problem is None and d.status // 100 == 2 and path in (None, d.path)]

    def bodies(self) -> list[Any]:
        return [d.json for d in self.good()]

    def _answer(self, request: Request) -> Answer:
        now = time.time()
        problem = self.verify(request.headers, request.body, now)
        with self._lock:
            scripted = self._script.pop(0) if self._script and problem is None else None
        answer = scripted if isinstance(scripted, Answer) else Answer(b"", scripted or (200 if problem is None else 401))
        if answer.status // 100 == 3:
            answer.headers.setdefault("Location", "http://localhost:9/elsewhere")
        if answer.status in (429, 503):
            answer.headers.setdefault("Retry-After", "1")
        with self._lock:
            self.deliveries.append(Delivery(request.headers.get("webhook-id"), now, request.body, request.headers, problem,
                                            answer.status, request.path))
        if self.slow:
            time.sleep(self.slow)
        return answer

    def verify(self, headers: dict[str, str], body: bytes, now: float) -> str | None:
        """None, or what is wrong. Header names in lower case."""
        if self.secrets is None:
            return None
        if self.header:
            given = headers.get(self.header.lower(), "")
            wanted = [self.prefix + plain_signature(s, body, self.algorithm, self.encoding) for s in self.secrets]
            return None if any(hmac.compare_digest(given, w) for w in wanted) else f"{self.header} is {given!r}"
        id_, stamp, signatures = (headers.get(f"webhook-{n}", "") for n in ("id", "timestamp", "signature"))
        if not id_ or "." in id_ or len(id_) > 256:
            return f"webhook-id is {id_!r}"
        if not stamp.isdigit() or abs(int(stamp) - now) > TOLERANCE:
            return f"webhook-timestamp is {stamp!r}, now is {now:.0f}"
        wanted = [standard_signature(s, id_, stamp, body) for s in self.secrets]
        if not any(hmac.compare_digest(given, w) for given in signatures.split(" ") for w in wanted):
            return f"no signature in {signatures!r} fits"
        return None
