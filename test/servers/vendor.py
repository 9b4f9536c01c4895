"""A simulated vendor with a clock of its own, a listing by what changed and, apart from it, a feed of what was deleted,
shaped like Salesforce's getDeleted: `start` and `end`, entries {"id", "deletedDate"}, `latestDateCovered`. It refuses what
real ones refuse: a parameter it does not know, no start, a start it has no records of any more, a start behind the end, a
page token of another listing. Requests are in the ledger of the ApiServer.

    vendor = Vendor(api); vendor.put("a", name="x"); vendor.tick(60); vendor.delete("a")
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

from api import Answer, ApiServer, Request

LISTING, FEED = "/things", "/things/deleted"


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


class Vendor:
    def __init__(self, api: ApiServer, size: int = 100):
        self.api, self.size = api, size
        self.now = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
        self.retention = timedelta(days=15)
        self.lag = timedelta()  # what was deleted later than now - lag is not in the feed yet
        self.records: dict[str, dict[str, Any]] = {}
        self.deletions: list[tuple[str, datetime]] = []
        self.after_listing: Callable[[], None] | None = None  # called once, when a page of the listing was put together
        self.second_page: threading.Event | None = None  # the second page of the feed waits for it
        self._lock = threading.RLock()
        api.route(LISTING, self._list)
        api.route(FEED, self._deleted)

    def tick(self, seconds: float = 60) -> Vendor:
        self.now += timedelta(seconds=seconds)
        return self

    def put(self, *ids: str, **fields: Any) -> Vendor:
        for id_ in ids:
            self.records[id_] = {"id": id_, "name": "x", **fields, "updated_at": _iso(self.now)}
        return self

    def delete(self, *ids: str) -> Vendor:
        with self._lock:
            for id_ in ids:
                del self.records[id_]
                self.deletions.append((id_, self.now))
        return self

    def asked(self, path: str, name: str) -> list[str | None]:
        return [r.query.get(name) for r in self.api.requests(path)]

    # What it answers

    def _list(self, request: Request) -> Answer:
        refusal = self._unknown(request, "since", "cursor")
        if refusal:
            return refusal
        with self._lock:
            found = sorted((r["updated_at"], r["id"]) for r in self.records.values()
                           if r["updated_at"] >= request.query.get("since", ""))
            answer = self._page(request, "list", [self.records[id_] for _, id_ in found])
        then, self.after_listing = self.after_listing, None
        if then:
            then()
        return answer

    def _deleted(self, request: Request) -> Answer:
        refusal = self._unknown(request, "start", "end", "cursor")
        if refusal:
            return refusal
        try:
            start = datetime.fromisoformat(request.query["start"].replace("Z", "+00:00"))
            end = datetime.fromisoformat(request.query.get("end", _iso(self.now)).replace("Z", "+00:00"))
        except (KeyError, ValueError):
            return self._refuse("INVALID_REPLICATION_DATE", "start has to be a time")
        if start < self.now - self.retention:
            return self._refuse("INVALID_REPLICATION_DATE", f"start date more than {self.retention.days} days ago")
        if end < start:
            return self._refuse("INVALID_REPLICATION_DATE", "end is before start")
        if self.second_page and "cursor" in request.query:
            self.second_page.wait(60)
        covered = self.now - self.lag
        with self._lock:
            found = [{"id": id_, "deletedDate": _iso(at)} for id_, at in self.deletions if start <= at <= min(end, covered)]
        answer = self._page(request, "deleted", found)
        answer.body["latestDateCovered"] = _iso(covered)
        return answer

    def _page(self, request: Request, kind: str, found: list[dict[str, Any]]) -> Answer:
        owner, _, place = request.query.get("cursor", f"{kind}.0").partition(".")
        if owner != kind:
            return self._refuse("INVALID_CURSOR", f"{owner}.{place} is no position in {kind}")
        begin = int(place)
        more = begin + self.size < len(found)
        return Answer({"items": found[begin:begin + self.size], "next_cursor": f"{kind}.{begin + self.size}" if more else None},
                      headers=self._date())

    def _unknown(self, request: Request, *known: str) -> Answer | None:
        unknown = set(request.query) - set(known)
        return self._refuse("INVALID_PARAMETER", f"unknown: {sorted(unknown)}") if unknown else None

    def _refuse(self, code: str, message: str) -> Answer:
        return Answer({"errorCode": code, "message": message}, 400, self._date())

    def _date(self) -> dict[str, str]:
        return {"Date": format_datetime(self.now, usegmt=True)}
