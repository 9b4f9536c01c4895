"""The simulated vendor keeps the rules that its tests of the product rely on."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from crm import Crm, Things


class Client:
    """Bare requests; one connection."""

    def __init__(self, crm: Crm):
        self.connection = http.client.HTTPConnection("127.0.0.1", crm.port, timeout=20)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
        names = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        sent = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        self.connection.request(method, path, sent, names)
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text, parse_float=Decimal) if text.startswith(b"{") else None, dict(answer.getheaders())


@pytest.fixture
def crm() -> Iterator[Crm]:
    with Crm() as running:
        yield running


@pytest.fixture
def contacts(crm: Crm) -> Things:
    return crm.kind("contacts", {"name": str, "email": str, "amount": Decimal, "vip": bool}, required=("name",), unique="email",
                    computed={"label": lambda r: r["name"].upper()}, normalize={"name": str.strip})


@pytest.fixture
def call(crm: Crm, contacts: Things) -> Client:
    return Client(crm)


def test_a_record_lives_and_dies(crm, contacts, call):
    status, made, headers = call("POST", "/contacts", {"name": " Ann ", "amount": 1})
    assert (status, made["name"], made["label"], made["email"], made["version"]) == (201, "Ann", "ANN", None, 1)
    id_ = made["id"]
    assert call("GET", f"/contacts/{id_}")[2]["ETag"] == headers["ETag"] == '"1"'
    assert call("PATCH", f"/contacts/{id_}", {"vip": True})[1]["version"] == 2
    status, whole, _ = call("PUT", f"/contacts/{id_}", {"name": "Anna"})
    assert (status, whole["vip"], whole["amount"]) == (200, None, None)
    assert call("DELETE", f"/contacts/{id_}")[:2] == (204, None)
    assert [call(m, f"/contacts/{id_}", {})[0] for m in ("GET", "PATCH", "DELETE")] == [410, 410, 410]
    assert call("GET", "/contacts/nobody")[0] == 404
    assert [(m.op, m.version) for m in crm.accepted("contacts", id_)] == [
        ("create", 1), ("update", 2), ("update", 3), ("delete", 4)]
    contacts.restore(id_)
    assert contacts.get(id_)["name"] == "Anna" and contacts.get(id_)["version"] == 5


@pytest.mark.parametrize(("body", "status", "field"), [
    ('{"name": "a",}', 400, None), ('{"name": "a", "name": "b"}', 400, None), ("[1]", 400, None), ('{"name": NaN}', 400, None),
    ({}, 422, "name"), ({"name": ""}, 422, "name"), ({"name": 5}, 422, "name"), ({"name": "a", "shoe": 1}, 422, "shoe"),
    ({"name": "a", "label": "x"}, 422, "label"), ({"name": "a", "id": "x"}, 422, "id"), ({"name": "a", "amount": "1"}, 422, "amount"),
    ({"name": "a", "amount": True}, 422, "amount")])
def test_what_real_ones_refuse(crm, call, body, status, field):
    answered, problem, _ = call("POST", "/contacts", body)
    assert (answered, problem.get("field")) == (status, field), problem
    assert crm.accepted() == []


def test_other_refusals(crm, contacts, call):
    assert call("POST", "/contacts", "<xml/>", Content_Type="text/xml")[0] == 415
    assert call("POST", "/nothing", {})[0] == 404
    crm.max_body = 50
    assert call("POST", "/contacts", {"name": "x" * 60})[0] == 413
    crm.token = "t"
    assert call("POST", "/contacts", {"name": "a"})[0] == 401
    assert call("POST", "/contacts", {"name": "a"}, Authorization="Bearer t")[0] == 201
    crm.limit = (2, 60)
    assert [call("GET", "/contacts", Authorization="Bearer t")[0] for _ in range(3)] == [200, 200, 429]
    assert call("GET", "/contacts", Authorization="Bearer t")[2]["Retry-After"] == "60"
    assert len(crm.forbidden) == 2


def test_versions_guard_against_lost_updates(contacts, call):
    id_ = contacts.create(name="Ann")
    assert call("PATCH", f"/contacts/{id_}", {"name": "b"}, If_Match='"1"')[0] == 200
    assert call("PATCH", f"/contacts/{id_}", {"name": "c"}, If_Match='"1"')[:2] == (412, {
        "code": "version_conflict", "message": "the version is 2", "version": 2})
    assert call("PATCH", f"/contacts/{id_}", {"name": "c", "version": 1})[0] == 412
    assert call("PATCH", f"/contacts/{id_}", {"name": "c", "version": 2})[0] == 200
    assert call("DELETE", f"/contacts/{id_}", None, If_Match='"2"')[0] == 412
    assert contacts.get(id_)["name"] == "c"


def test_the_clients_own_key(crm, contacts, call):
    first = call("POST", "/contacts", {"name": "a", "email": "a@x"})[1]
    assert call("POST", "/contacts", {"name": "b", "email": "a@x"})[:2] == (409, {
        "code": "already_exists", "message": "email a@x exists", "field": "email", "existing_id": first["id"]})
    assert call("PUT", "/contacts/by/email/a%40x", {"name": "c"})[0] == 200
    assert call("PUT", "/contacts/by/email/b%40x", {"name": "d"})[0] == 201
    assert call("PUT", "/contacts/by/email/b%40x", {"name": "d", "email": "c@x"})[0] == 422
    call("DELETE", f"/contacts/{first['id']}")
    assert call("POST", "/contacts", {"name": "e", "email": "a@x"})[0] == 201
    assert sorted(contacts.all("name", "email").values()) == [("d", "b@x"), ("e", "a@x")]


def test_idempotency_keys_as_stripe_has_them(crm, call):
    key = {"Idempotency_Key": "k1"}
    first = call("POST", "/contacts", {"name": "a"}, **key)
    again = call("POST", "/contacts", {"name": "a"}, **key)
    assert (again[:2], again[2]["Idempotent-Replayed"]) == (first[:2], "true")
    assert call("POST", "/contacts", {"name": "b"}, **key)[:2][0] == 400
    assert len(crm.accepted()) == 1 and crm.accepted()[0].idempotency_key == "k1" and crm.requests_with("k1") == 2
    refused = {"Idempotency_Key": "k2"}
    assert call("POST", "/contacts", {"name": ""}, **refused)[0] == 422
    assert call("POST", "/contacts", {"name": "now"}, **refused)[0] == 201  # what was refused is not kept
    crm.keeps_keys = False
    assert call("POST", "/contacts", {"name": "a"}, **key)[0] == 201


def test_idempotency_keys_of_records_in_a_batch(crm, call):
    records = [{"name": f"n{i}", "idempotency_key": f"k{i}"} for i in range(3)]
    first = call("POST", "/contacts/batch", {"records": records})[1]["results"]
    again = call("POST", "/contacts/batch", {"records": [*records[::-1], {"name": "more", "idempotency_key": "k9"}]})[1]["results"]
    assert [r["id"] for r in again[:3]] == [r["id"] for r in first][::-1] and again[3]["status"] == 201
    assert len(crm.accepted()) == 4
    other = call("POST", "/contacts/batch", {"records": [{"name": "other", "idempotency_key": "k1"}]})[1]["results"]
    assert other[0]["status"] == 400


@pytest.mark.parametrize("batches", ["order", "echo", "multi", "refuse", "atomic"])
def test_batches(crm, contacts, call, batches):
    crm.batches = batches
    good = [{"ref": str(i), "name": f"n{i}", "email": f"{i}@x"} for i in range(5)]
    bad = [*good[:2], {"ref": "2", "name": ""}, *good[3:]]
    status, body, _ = call("POST", "/contacts/batch", {"records": bad})
    if batches in ("refuse", "atomic"):
        assert (status, body.get("index"), contacts.all(), crm.accepted()) == (422, 2 if batches == "atomic" else None, {}, [])
        status, body, _ = call("POST", "/contacts/batch", {"records": good})
        assert (status, len(body["results"])) == (200, 5)
        return
    results = sorted(body["results"], key=lambda r: r["ref"])
    assert (status, [r["status"] for r in results]) == (207 if batches == "multi" else 200, [201, 201, 422, 201, 201])
    assert (body["results"] == results) == (batches != "echo")
    ids = [r["id"] for r in results if r["status"] == 201]
    status, body, _ = call("PATCH", "/contacts/batch", {"records": [
        {"ref": "a", "id": ids[0], "name": "new", "version": 1}, {"ref": "b", "id": ids[1], "name": "new", "version": 7}]})
    assert sorted(r["status"] for r in body["results"]) == [200, 412]
    status, body, _ = call("PUT", "/contacts/batch", {"records": [
        {"ref": "a", "email": "0@x", "name": "up"}, {"ref": "b", "email": "9@x", "name": "up"}]})
    assert sorted(r["status"] for r in body["results"]) == [200, 201]
    status, body, _ = call("DELETE", "/contacts/batch", {"records": [{"ref": "a", "id": ids[0]}, {"ref": "b", "id": "none"}]})
    assert sorted(r["status"] for r in body["results"]) == [200, 404]
    crm.max_batch = 3
    assert call("POST", "/contacts/batch", {"records": good})[0] == 413


def test_listings_by_token_and_by_keyset_show_all_though_seconds_are_whole(crm, contacts, call):
    made = [contacts.create(name=f"n{i}") for i in range(25)]
    for way in ("token", "keyset"):
        seen, query = [], ""
        while True:
            page = call("GET", f"/contacts?limit=10{query}")[1]
            seen += [r["id"] for r in page["items"]]
            if not page["has_more"]:
                break
            last = page["items"][-1]
            query = f"&cursor={page['next_cursor']}" if way == "token" else f"&since={last['updated_at']}&after={last['id']}"
        assert seen == made
    assert len({r["updated_at"] for r in contacts.all().values()}) < 10
    crm.records.tick()
    contacts.edit(made[3], name="changed")
    since = contacts.get(made[3])["updated_at"]
    assert [r["id"] for r in call("GET", f"/contacts?since={since}")[1]["items"]] == [made[3]]
    assert call("GET", "/contacts?since=yesterday")[0] == 400
    assert call("GET", "/contacts?colour=red")[0] == 400
    assert [r["name"] for r in call("GET", "/contacts?name=changed")[1]["items"]] == ["changed"]


def test_what_was_deleted_is_told(crm, contacts, call):
    gone, kept = contacts.create(name="gone"), contacts.create(name="kept")
    contacts.delete(gone)
    assert [r["id"] for r in call("GET", "/contacts/deleted")[1]["items"]] == [gone]
    assert [r["id"] for r in call("GET", "/contacts")[1]["items"]] == [kept]
    contacts.kind.soft_deletes = True
    contacts.delete(kept)
    assert [(r["id"], r["deleted"]) for r in call("GET", "/contacts")[1]["items"]] == [(kept, True)]
    assert call("GET", f"/contacts/{kept}")[1]["deleted"] is True


def test_what_was_written_is_not_seen_at_once(crm, contacts, call):
    old = contacts.create(name="old")
    crm.records.tick(60)
    crm.records.lag = timedelta(seconds=30)
    made = call("POST", "/contacts", {"name": "new"})[1]["id"]
    contacts.edit(old, name="newer")
    assert [r["name"] for r in call("GET", "/contacts")[1]["items"]] == ["old"]
    assert call("GET", f"/contacts/{made}")[0] == 410 or call("GET", f"/contacts/{made}")[0] == 404
    crm.records.tick(60)
    assert sorted(r["name"] for r in call("GET", "/contacts")[1]["items"]) == ["new", "newer"]


def test_decimals_keep_their_digits(call):
    made = call("POST", "/contacts", '{"name": "a", "amount": 12345678901234567890.1234567890}')[1]
    assert str(call("GET", f"/contacts/{made['id']}")[1]["amount"]) == "12345678901234567890.1234567890"


def test_form_bodies(call):
    status, made, _ = call("POST", "/contacts", "name=Ann+B&amount=1.50&vip=true&email=", Content_Type="application/x-www-form-urlencoded")
    assert (status, made["name"], str(made["amount"]), made["vip"], made["email"]) == (201, "Ann B", "1.50", True, "")


@pytest.mark.parametrize(("fault", "done"), [
    ("unread", 0), ("error_before", 0), ("html_before", 0), ("503", 0), ("lost", 1), ("error_after", 1), ("truncate", 1), ("reset", 1),
    ("html", 1), ("twice", 2), ("double", 1), ("late", 1), ("held", 1)])
def test_faults(crm, call, fault, done):
    crm.fault(fault, method="POST", path="/contacts")
    try:
        status = call("POST", "/contacts", {"name": "a"})[0]
    except (OSError, http.client.HTTPException):
        status = 0
    assert len(crm.accepted()) == done
    assert status == {"unread": 0, "error_before": 500, "html_before": 200, "503": 503, "lost": 0, "error_after": 500, "truncate": 0,
                      "reset": 0, "html": 200}.get(fault, 201)
    call.connection.close()
    assert call("POST", "/contacts", {"name": "b"})[0] == 201  # it was ordered once


def test_one_that_is_held_comes_behind_the_next(crm, contacts, call):
    id_ = contacts.create(name="a")
    crm.fault("held", method="PATCH", seconds=0.3)
    first = threading.Thread(target=lambda: Client(crm)("PATCH", f"/contacts/{id_}", {"name": "first"}))
    first.start()
    while not crm.requests(f"/contacts/{id_}"):
        time.sleep(0.005)
    call("PATCH", f"/contacts/{id_}", {"name": "second"})
    first.join()
    assert [m.given["name"] for m in crm.accepted("contacts", id_)] == ["second", "first"]


def test_it_is_fast_enough(crm, contacts):
    """Over raw sockets, for http.client is slower than the server."""
    body = json.dumps({"name": "x"}).encode()
    request = (b"POST /contacts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)) + body
    with socket.create_connection(("127.0.0.1", crm.port)) as s:
        stream = s.makefile("rb")
        begun = time.process_time()
        for _ in range(500):
            s.sendall(request)
            length = 0
            while (line := stream.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            stream.read(length)
        spent = time.process_time() - begun
    assert len(contacts.all()) == 500
    assert spent < 5  # of processor time; alone on the machine it is about 0.3
