"""Each changed row as a request to a receiver that believes only what is signed, and keeps what it believed."""

from __future__ import annotations

import json

import pytest
from cluster import wait_until
from push import Push
from servers import Answer, Webhook

SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
COLUMNS = {"number": "number", "qty": "qty"}


class Hooked(Push):
    """A push to connector webhook; `write` goes into the connection's objects.records.write."""

    def hook(self, hook, secrets=None, write=None, **config):
        records = {"path": "/in", **({"write": write} if write else {})}
        self.database.sql("SELECT tandem.create_connection(%s, 'webhook', %s::jsonb, %s::jsonb)",
                          (f"{self.name}_api", json.dumps({"base_url": hook.url, "objects": {"records": records}, **config}),
                           json.dumps(secrets) if secrets else None))
        return self

    def map(self, columns=None, **arguments):
        given = {"columns": json.dumps(columns or COLUMNS), "delete_mode": "hard", "direction": "push",
                 **{k: json.dumps(v) if isinstance(v, dict) else v for k, v in arguments.items()}}
        casts = {"columns": "::jsonb", "options": "::jsonb", "conditions": "::jsonb"}
        named = "".join(f", {k} => %({k})s{casts.get(k, '')}" for k in given)
        self.database.sql(f"SELECT tandem.create_mapping(%(name)s, %(name)s || '_api', 'records', %(name)s::regclass{named})",
                          {"name": self.name, **given})
        return self

    def status(self, columns="status, status_reason, next_step"):
        return self.database.sql(f"SELECT {columns} FROM tandem.mapping_status WHERE mapping = %s", (self.name,))[0]

    def quiet_and_closed(self):
        self.quiet()
        self.database.wait_for("SELECT NOT EXISTS (SELECT FROM tandem.recent_runs WHERE status IN ('pending', 'running'))")


def orders(database, hook, secrets=None, write=None, **arguments):
    push = Hooked(database, "orders").hook(hook, secrets, write).table("id int PRIMARY KEY, number text, qty int")
    return push.map(**arguments)


def events(hook):
    return [(d.json["event"], d.json["record"], d.json["metadata"]["key"]) for d in hook.good("/in")]


def test_changes_arrive_signed(database):
    with Webhook([SECRET]) as hook:
        push = orders(database, hook, {"signing_secret": SECRET})
        push.do("INSERT INTO orders VALUES (5, 'A-17', 1)")
        push.quiet()
        push.do("UPDATE orders SET qty = 2")
        push.quiet()
        push.do("DELETE FROM orders")
        push.quiet()
        push.do("INSERT INTO orders VALUES (5, 'A-17', 3)")
        push.quiet()
        assert all(d.problem is None for d in hook.deliveries)
        assert events(hook) == [("record.created", {"number": "A-17", "qty": 1}, {"id": "5"}),
                                ("record.updated", {"number": "A-17", "qty": 2}, {"id": "5"}),
                                ("record.deleted", {}, {"id": "5"}),
                                ("record.undeleted", {"number": "A-17", "qty": 3}, {"id": "5"})]
        metadata = hook.bodies()[0]["metadata"]
        assert metadata["syncConfigName"] == "orders" and metadata["customerId"] == "default" and metadata["host"] == "127.0.0.1"
        assert len({d.id for d in hook.deliveries}) == 4
        assert [d.id for d in hook.deliveries] == [d.json["metadata"]["id"] for d in hook.deliveries]


def test_every_attempt_of_a_change_has_its_id_and_its_time(database):
    with Webhook([SECRET]) as hook:
        push = orders(database, hook, {"signing_secret": SECRET})
        hook.answers(500, 503, 429)
        push.do("INSERT INTO orders VALUES (1, 'A', 1)")
        push.quiet()
        assert [d.status for d in hook.deliveries] == [500, 503, 429, 200]
        assert all(d.problem is None for d in hook.deliveries), "each is signed anew, at its own time"
        assert len({d.id for d in hook.deliveries}) == 1 and len(hook.good()) == 1
        first, last = hook.deliveries[0], hook.deliveries[-1]
        assert int(last.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"])


def test_secrets_are_replaced_without_a_gap(database):
    with Webhook([SECRET]) as hook:
        push = orders(database, hook, {"signing_secret": SECRET})
        push.do("INSERT INTO orders VALUES (1, 'A', 1)")
        push.quiet()
        database.sql("SELECT tandem.set_credentials('orders_api', %s::jsonb)",
                     (json.dumps({"signing_secret": OTHER, "signing_secret_old": SECRET}),))
        push.do("INSERT INTO orders VALUES (2, 'B', 1)")
        push.quiet()
        hook.secrets = [OTHER]
        push.do("INSERT INTO orders VALUES (3, 'C', 1)")
        push.quiet()
        assert len(hook.good()) == 3 == len(hook.deliveries)
        database.sql("SELECT tandem.set_credentials('orders_api', '{\"signing_secret_old\": null}')")
        push.do("INSERT INTO orders VALUES (4, 'D', 1)")
        push.quiet()
        assert len(hook.good()) == 4 and " " not in hook.deliveries[-1].headers["webhook-signature"]


def test_nothing_goes_unsigned(database):
    with Webhook([SECRET]) as hook:
        push = orders(database, hook)
        push.do("INSERT INTO orders VALUES (1, 'A', 1)")
        wait_until(lambda: push.status()[0] == "error", 30, "an error")
        assert 'no credential "signing_secret"' in push.status()[1] and "set_credentials" in push.status()[2]
        assert hook.deliveries == []
        database.sql("SELECT tandem.set_credentials('orders_api', %s::jsonb)", (json.dumps({"signing_secret": SECRET}),))
        push.quiet()
        assert len(hook.good()) == 1


@pytest.mark.parametrize(("signing", "hook"), [
    ({"type": "hmac_sha256"}, {"header": "X-Signature"}),
    ({"type": "hmac_sha512", "header": "X-Sum", "prefix": "sha512=", "encoding": "base64"},
     {"header": "X-Sum", "prefix": "sha512=", "algorithm": "sha512", "encoding": "base64"})])
def test_a_plain_hmac(database, signing, hook):
    with Webhook(["a key"], **hook) as hook:
        push = orders(database, hook, {"signing_secret": "a key"}, {"signing": signing})
        push.do("INSERT INTO orders VALUES (1, 'Zoë \\', 1)")
        push.quiet()
        assert [d.json["record"]["number"] for d in hook.good()] == ["Zoë \\"]
        assert "webhook-id" not in hook.deliveries[0].headers


def test_method_headers_and_body_are_the_connections(database):
    body = {"order": {"no": "{field:number}", "amount": "{field:qty}"}}
    with Webhook() as hook:
        push = orders(database, hook, write={"method": "PUT", "signing": {"type": "none"}, "headers": {"X-Kind": "{event}"}, "body": body,
                                             "delete": {"method": "DELETE", "path": "/in/gone", "body": None}})
        push.do("INSERT INTO orders VALUES (1, 'A', 1)")
        push.quiet()
        push.do("DELETE FROM orders")
        push.quiet()
        created, gone = hook.deliveries
        assert created.json == {"order": {"no": "A", "amount": 1}} and created.headers["x-kind"] == "record.created"
        assert gone.path == "/in/gone" and gone.body == b"" and gone.headers["x-kind"] == "record.deleted"


def test_many_records_in_a_signed_request(database):
    one = {"event": "{event}", "record": "{record}"}
    call = {"body": {"events": "{records}"}, "batch": {"size": 10, "record": one}}
    with Webhook([SECRET]) as hook:
        push = orders(database, hook, {"signing_secret": SECRET}, call)
        hook.answers(500)
        push.do("INSERT INTO orders SELECT i, 'n' || i, i FROM generate_series(1, 20) i")
        push.quiet()
        assert all(d.problem is None for d in hook.deliveries)
        assert sorted(e["record"]["qty"] for d in hook.good() for e in d.json["events"]) == list(range(1, 21))
        assert max(len(d.json["events"]) for d in hook.deliveries) == 10


def test_what_receivers_answer_is_no_id(database):
    """Most say something, and the same to everybody."""
    with Webhook([SECRET]) as hook:
        hook.answers(*[Answer({"id": "ok", "received": True})] * 4)
        push = orders(database, hook, {"signing_secret": SECRET})
        push.do("INSERT INTO orders VALUES (1, 'A', 1), (2, 'B', 2)")
        push.quiet()
        push.do("UPDATE orders SET qty = 9")
        push.quiet()
        assert sorted(e for e, _, _ in events(hook)) == ["record.created"] * 2 + ["record.updated"] * 2


def test_what_is_captured_finds_a_worker_that_has_no_job_for_it(database):
    """The owner's worker is there, for another mapping; this one is new, was paused, has new credentials."""
    with Webhook([SECRET]) as hook, Webhook([SECRET]) as other:
        push = orders(database, hook, {"signing_secret": SECRET})
        push.do("INSERT INTO orders VALUES (0, 'A', 1)")
        push.quiet()
        late = Hooked(database, "late").hook(other, {"signing_secret": SECRET}).table("id int PRIMARY KEY, number text, qty int")
        late.map(options={"initial": "none"})
        late.do("INSERT INTO late VALUES (1, 'B', 1)")
        late.quiet(20)
        for i, change in enumerate(["SELECT tandem.pause_mapping('late'); SELECT tandem.resume_mapping('late')",
                                    "SELECT tandem.disable_mapping('late'); SELECT tandem.enable_mapping('late')",
                                    "SELECT tandem.alter_mapping('late', '{\"options\": {\"initial\": \"none\", \"settle\": \"1ms\"}}')",
                                    "SELECT tandem.alter_connection('late_api', '{\"config\": {\"timeouts\": {\"total\": 20}}}')"], 2):
            database.psql(change + ";")
            late.do("INSERT INTO late VALUES (%s, 'C', 1)", (i,))
            late.quiet(20)
        assert len(other.good()) == 5


def test_after_410_nothing_is_sent_until_a_person_resumes(database):
    with Webhook([SECRET]) as hook:
        push = orders(database, hook, {"signing_secret": SECRET})
        hook.answers(410)
        push.do("INSERT INTO orders VALUES (1, 'A', 1)")
        wait_until(lambda: push.status()[0] == "paused", 30, "a pause")
        database.wait_for("SELECT status = 'failed' FROM tandem.recent_runs ORDER BY run DESC LIMIT 1")
        assert push.status() == ("paused", "the other side answered 410", "SELECT tandem.resume_mapping('orders');")
        assert database.sql("SELECT code, message FROM tandem.recent_runs WHERE status = 'failed'") == [
            ("TD319", "the other side answered 410")]
        push.do("INSERT INTO orders VALUES (2, 'B', 1)")
        database.psql("SELECT tandem.doctor();")
        assert [d.status for d in hook.deliveries] == [410]
        assert push.status("pending_changes") == (2,)
        database.sql("SELECT tandem.resume_mapping('orders')")
        push.quiet()
        assert sorted(r["number"] for _, r, _ in events(hook)) == ["A", "B"]


def test_redirects_are_failures_and_are_not_followed(database):
    with Webhook([SECRET]) as elsewhere, Webhook([SECRET]) as hook:
        push = orders(database, hook, {"signing_secret": SECRET})
        hook.answers(*[Answer(b"", status, {"Location": elsewhere.url + "/in"}) for status in (301, 307, 308)])
        push.do("INSERT INTO orders VALUES (1, 'A', 1)")
        push.quiet()
        assert [d.status for d in hook.deliveries] == [301, 307, 308, 200] and elsewhere.deliveries == []
        assert len({d.id for d in hook.deliveries}) == 1
        failed = database.sql("SELECT code FROM tandem.recent_runs WHERE status = 'failed'")
        assert failed == [("TD303",)] * 3
        assert database.scalar("SELECT push_holds FROM tandem._mapping", user="postgres") == 0
