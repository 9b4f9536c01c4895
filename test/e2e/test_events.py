"""What happens to runs and connections is told to receivers of webhooks, through the same outbox as everything that is sent."""

from __future__ import annotations

import json

from cluster import wait_until
from pull import Pull, records
from servers import Webhook
from test_push_webhook import SECRET, orders

ALL = "{sync.started,sync.completed,sync.failed,auth.expired,rate_limit.exceeded}"


def subscribed(database, hook, events=ALL, name="watch", mapping=None, secrets=SECRET):
    database.sql("SELECT tandem.create_connection(%s, 'webhook', %s::jsonb, %s::jsonb)",
                 (f"{name}_hook", json.dumps({"base_url": hook.url, "objects": {"records": {"path": "/events"}}}),
                  json.dumps({"signing_secret": secrets})))
    return database.scalar("SELECT tandem.subscribe_events(%s, %s || '_hook', %s::text[], %s)", (name, name, events, mapping))


def told(hook):
    return [(d.json["event"], d.json["record"].get("mapping")) for d in hook.good("/events")]


def pulled(api, database, name="things"):
    api.listing(f"/{name}", records(3))
    pull = Pull(database, name).connect(api.url, {name: {"path": f"/{name}"}}).table("id text PRIMARY KEY, name text")
    return pull.map({"id": "id", "name": "name"})


def test_runs_are_told(api, database):
    with Webhook([SECRET]) as hook:
        pull = pulled(api, database)
        other = pulled(api, database, "others")
        subscribed(database, hook, mapping="things")
        other.run()
        assert pull.run().status == "completed"
        wait_until(lambda: len(told(hook)) == 2, 30, "two events")
        assert sorted(told(hook)) == [("sync.completed", "things"), ("sync.started", "things")]
        assert all(d.problem is None for d in hook.deliveries) and len({d.id for d in hook.deliveries}) == 2
        record = next(d.json for d in hook.good() if d.json["event"] == "sync.completed")["record"]
        assert (record["status"], record["records_read"], record["created"], record["connection"]) == ("completed", 3, 3, "things_api")
        assert record["tenant"] == "default" and record["error_type"] is None
        api.fault("/things", "400", times=1)
        pull.run()
        wait_until(lambda: ("sync.failed", "things") in told(hook), 30, "a failure")
        record = next(d.json for d in hook.good() if d.json["event"] == "sync.failed")["record"]
        assert record["status"] == "failed" and record["message"]
        assert database.sql("SELECT name, events, mapping FROM tandem.event_subscriptions") == [
            ("watch", ALL.strip("{}").split(","), "things")]


def test_what_is_rolled_back_is_not_told(api, database):
    with Webhook([SECRET]) as hook:
        pull = pulled(api, database)
        subscribed(database, hook, "{sync.completed}")
        with database.connect() as connection:
            connection.execute("SELECT tandem.sync_now('things')")
            connection.rollback()
        pull.run()
        wait_until(lambda: told(hook), 30, "an event")
        assert told(hook) == [("sync.completed", "things")]
        database.sql("SELECT tandem.unsubscribe_events('watch')")
        assert database.sql("SELECT * FROM tandem.event_subscriptions") == []
        pull.run()
        assert told(hook) == [("sync.completed", "things")]


def test_expired_credentials_are_told_once(api, database):
    api.listing("/things", records(3))
    api.require("bearer", token="new")
    with Webhook([SECRET]) as hook:
        pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}, {"token": "old"}, auth={"type": "bearer"})
        pull.table("id text PRIMARY KEY").map({"id": "id"})
        subscribed(database, hook, "{auth.expired,sync.failed}")
        for _ in range(3):
            assert pull.run().status == "failed"
        wait_until(lambda: len(told(hook)) == 4, 30, "four events")
        assert sorted(told(hook)) == [("auth.expired", None)] + [("sync.failed", "things")] * 3


def test_a_receiver_that_fails_is_no_news_to_itself(api, database):
    """Nor do two subscriptions tell each other of what they cannot tell."""
    with Webhook([SECRET]) as hook, Webhook([SECRET]) as other:
        pull = pulled(api, database)
        subscribed(database, hook)
        subscribed(database, other, name="second")
        hook.answers(401, 500, 401)
        other.answers(401, 302, 500)
        pull.run()
        wait_until(lambda: len([e for e in told(hook) if e[1]]) == 2 == len([e for e in told(other) if e[1]]), 60, "both events at both")
        database.wait_for("SELECT NOT EXISTS (SELECT FROM tandem._outbox_item)")
        for each in (hook, other):
            assert [e for e in told(each) if e[1]] and len(told(each)) <= 4, "and what became of the other's account"


def test_events_wait_for_a_receiver_that_is_paused_and_survive_a_crash(api, database):
    with Webhook([SECRET]) as hook:
        pull = pulled(api, database)
        subscribed(database, hook, "{sync.completed}")
        database.sql("SELECT tandem.pause_mapping('watch')")
        pull.run()
        database.cluster.crash()
        database.cluster.start()
        assert told(hook) == []
        database.sql("SELECT tandem.resume_mapping('watch')")
        wait_until(lambda: told(hook), 60, "the event")
        assert told(hook) == [("sync.completed", "things")]


def test_pushes_are_told_too(database):
    with Webhook([SECRET]) as hook, Webhook([SECRET]) as receiver:
        subscribed(database, hook, "{sync.completed}")
        push = orders(database, receiver, {"signing_secret": SECRET})
        push.do("INSERT INTO orders VALUES (1, 'A', 1)")
        push.quiet()
        wait_until(lambda: told(hook), 30, "an event")
        assert told(hook)[0] == ("sync.completed", "orders") and hook.good()[0].json["record"]["kind"] == "push"
