"""Cursors of every kind against a source that changes while it is read: afterwards the table is the source, and the
ledger says what was asked for."""

from datetime import datetime, timedelta, timezone
from urllib.parse import quote, unquote

import psycopg
import pytest

from pull import Pull
from servers import Answer

TABLE = "id text PRIMARY KEY, updated_at timestamptz, n integer"
COLUMNS = {"id": "id", "updated_at": "updated_at", "n": "n"}
TOKENS = {"style": "token", "param": "page_token", "next": "next_token"}
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def iso(moment):
    return moment.isoformat().replace("+00:00", "Z")


def changes(count, first=0, at=None, every=60):
    """Records that changed one after another, or (`every` 0) all at once."""
    at = at or START
    return [{"id": f"r{i:05}", "updated_at": iso(at + timedelta(seconds=every * (i - first))), "n": i} for i in range(first, first + count)]


def pull_of(api, database, cursor, paging, table=TABLE, columns=COLUMNS, objects=None, **arguments):
    spec = {"path": "/things", "paging": paging, **({"cursor": cursor} if cursor else {})}
    pull = Pull(database).connect(api.url, {"things": spec, **(objects or {})}).table(table)
    return pull.map(columns, **arguments)


def assert_same(pull, records):
    assert pull.rows("id, n") == sorted((r["id"], r["n"]) for r in records)


def asked(api, name):
    return [r.query.get(name) for r in api.requests("/things")]


def cursor_of(database):
    return database.scalar("SELECT cursor_after FROM tandem.recent_runs ORDER BY run DESC LIMIT 1")


def test_a_late_commit_behind_the_watermark_is_found_by_the_look_back(api, database):
    feed = api.feed("/things", changes(250), token="page_token")
    pull = pull_of(api, database, {"field": "updated_at", "param": "since", "lookback": "10 minutes"}, TOKENS)
    assert pull.run().created == 250
    feed.records.append({"id": "late", "updated_at": iso(START + timedelta(seconds=249 * 60 - 300)), "n": -1})
    api.forget()
    run = pull.run()
    assert (run.status, run.created, run.updated) == ("completed", 1, 0)
    assert asked(api, "since") == [iso(START + timedelta(minutes=239))]
    assert_same(pull, feed.records)


def test_grain_and_an_exclusive_filter(api, database):
    feed = api.feed("/things", changes(5, every=7), inclusive=False, token="page_token")
    pull = pull_of(api, database, {"field": "updated_at", "param": "since", "format": "%Y/%m/%d %H:%M", "grain": "1m", "inclusive": False},
                   TOKENS)
    assert pull.run().created == 5
    feed.records.append({"id": "tie", "updated_at": feed.records[-1]["updated_at"], "n": 9})  # in the same second
    api.forget()
    assert pull.run().created == 1
    assert asked(api, "since") == ["2025/12/31 23:59"]
    assert_same(pull, feed.records)


def test_times_without_an_offset_in_a_zone(api, database):
    """Both ways: 10:00 UTC in July is noon there; ten minutes less are asked for."""
    api.route("/things", Answer({"items": [{"id": "a", "updated_at": "2026-07-01 12:30:00", "n": 1}]}))
    cursor = {"field": "updated_at", "param": "since", "format": "%Y-%m-%d %H:%M:%S", "zone": "Europe/Berlin", "lookback": "10m"}
    pull = pull_of(api, database, cursor, {"style": "none"}, columns={"id": "id", "n": "n"})
    database.sql("SELECT tandem.reset_cursor('things', '2026-07-01T10:00:00Z')")
    assert pull.run().cursor_after == "2026-07-01 12:30:00"
    assert asked(api, "since") == ["2026-07-01 11:50:00"]
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="Europe/Atlantis"):
        database.sql("SELECT tandem.alter_connection('things_api', %s::jsonb)",
                     ('{"config": {"objects": {"things": {"cursor": {"zone": "Europe/Atlantis"}}}}}',))


def test_five_thousand_rows_with_one_timestamp(api, database):
    feed = api.feed("/things", changes(5000, every=0), after="after_id", size=1000)
    cursor = {"field": "updated_at", "param": "since", "tie_break": "id", "tie_param": "after_id", "order": "ascending"}
    pull = pull_of(api, database, cursor, {"style": "keyset", "more": "has_more"})
    run = pull.run()
    assert (run.status, run.created, run.pages) == ("completed", 5000, 5)
    assert asked(api, "after_id") == [None, "r00999", "r01999", "r02999", "r03999"]
    assert_same(pull, feed.records)
    feed.records += changes(3, first=5000, every=0)
    assert pull.run().created == 3
    assert_same(pull, feed.records)


def test_keyset_by_the_id_of_the_last_record(api, database):
    feed = api.feed("/things", changes(250), starting_after="starting_after")
    pull = pull_of(api, database, None, {"style": "keyset", "param": "starting_after", "field": "id", "more": "has_more"})
    assert pull.run().created == 250
    assert asked(api, "starting_after") == [None, "r00099", "r00199"]
    assert_same(pull, feed.records)


def test_a_search_that_gives_only_so_many_records_is_begun_anew_at_the_cursor(api, database):
    feed = api.feed("/things", changes(1000), offset="offset", window=300)
    cursor = {"field": "updated_at", "param": "since", "format": "epoch_ms", "order": "ascending"}
    pull = pull_of(api, database, cursor, {"style": "offset", "window": 300, "size": 100, "more": "has_more"})
    run = pull.run()
    assert (run.status, run.created) == ("completed", 1000)
    assert max(int(offset) for offset in asked(api, "offset")) == 200
    assert_same(pull, feed.records)


@pytest.mark.parametrize("clock", [600, -600])
def test_a_source_whose_clock_is_ten_minutes_off(api, database, clock):
    """The upper bound and the watermark are the source's: what it commits a moment later is not behind them."""
    source_now = lambda: datetime.now(timezone.utc) + timedelta(seconds=clock)  # noqa: E731
    feed = api.feed("/things", changes(3), token="page_token", until="until", clock=clock)
    cursor = {"field": "updated_at", "param": "since", "until_param": "until", "from": "2020-01-01"}
    pull = pull_of(api, database, cursor, TOKENS)
    assert pull.run().created == 3
    offset = database.scalar("SELECT clock_offset FROM tandem.connection_status")
    assert abs(offset - timedelta(seconds=clock)) < timedelta(seconds=30)
    for i in range(3):
        feed.records.append({"id": f"new{i}", "updated_at": iso(source_now() - timedelta(seconds=30)), "n": 100 + i})
        assert pull.run().created == 1, i
        bound = datetime.fromisoformat(asked(api, "until")[-1].replace("Z", "+00:00"))
        assert abs((bound - source_now()).total_seconds()) < 30
    feed.records.append({"id": "future", "updated_at": iso(source_now() + timedelta(hours=1)), "n": 1000})
    feed.until = None
    feed.others = ("until",)  # ignores the bound
    pull.run()
    assert datetime.fromisoformat(cursor_of(database).replace("Z", "+00:00")) < source_now() + timedelta(seconds=5)
    assert_same(pull, feed.records)


def test_an_expired_page_token_begins_again_inside_the_run(api, database):
    feed = api.feed("/things", changes(300), token="page_token")
    answer, count = feed.answer, [0]

    def forgetful(request):
        count[0] += 1
        if count[0] == 2:
            feed.forget_tokens()
        return answer(request)

    api.route("/things", forgetful)
    pull = pull_of(api, database, {"field": "updated_at", "param": "since"}, TOKENS)
    run = pull.run()
    assert (run.status, run.created, run.records_read) == ("completed", 300, 400)
    assert asked(api, "page_token") == [None, "0.100", None, "1.100", "1.200"]
    assert_same(pull, feed.records)


def test_tokens_that_expire_again_and_again_end_the_run(api, database):
    feed = api.feed("/things", changes(300), token="page_token")
    answer = feed.answer

    def forgetful(request):
        if "page_token" in request.query:
            feed.forget_tokens()
        return answer(request)

    api.route("/things", forgetful)
    pull = pull_of(api, database, {"field": "updated_at", "param": "since"}, TOKENS)
    run = pull.run()
    assert (run.status, run.code, run.created) == ("failed", "TD209", 100)
    assert len(api.requests("/things")) == 4


def test_delta_tokens_and_one_that_expired(api, database):
    feed = api.feed("/things", changes(250), since=None, token="page_token", delta="sync_token", order=None)
    pull = pull_of(api, database, {"kind": "token", "param": "sync_token", "next": "delta_token"}, TOKENS)
    run = pull.run()
    assert (run.created, run.cursor_after) == (250, "0.250")
    feed.records.append({"id": "r00007", "updated_at": iso(START), "n": 77})  # a change of a known record
    run = pull.run()
    assert (run.records_read, run.updated, run.cursor_after) == (1, 1, "0.251")
    api.forget()
    assert pull.run().records_read == 0
    assert asked(api, "sync_token") == ["0.251"]
    feed.forget_tokens()
    api.forget()
    run = pull.run()
    assert (run.status, run.records_read, run.cursor_after) == ("completed", 251, "1.251")
    assert asked(api, "sync_token") == ["0.251", None, None, None]
    assert pull.rows("count(*), max(n)") == [(250, 249)]


def test_what_was_deleted_while_a_token_expired_is_found_by_a_full_run(api, database):
    feed = api.feed("/things", changes(20), since=None, token="page_token", delta="sync_token", order=None)
    pull = pull_of(api, database, {"kind": "token", "param": "sync_token", "next": "delta_token"}, TOKENS, delete_mode="hard")
    pull.run()
    del feed.records[3]
    feed.forget_tokens()
    run = pull.run()
    assert (run.full, run.status, run.code, run.deleted) == (False, "completed", "TD415", 0)
    run = pull.run()
    assert (run.full, run.code, run.deleted, run.cursor_after) == (True, None, 1, "1.19")
    assert pull.run().full is False


def test_a_listing_by_increasing_ids_is_paged_by_them(api, database):
    feed = api.feed("/things", changes(25), field="n", order=None, size=10)
    feed._matching = lambda query: [r for r in feed.records if r["n"] > int(query.get("after", -1))]
    feed.others = ("after",)
    cursor = {"field": "n", "param": "after", "format": "integer", "inclusive": False, "order": "ascending"}
    pull = pull_of(api, database, cursor, {"style": "keyset"})
    run = pull.run()
    assert (run.status, run.created, run.cursor_after) == ("completed", 25, "24")
    feed.records += changes(3, first=25)
    run = pull.run()
    assert (run.created, run.skipped, asked(api, "after")) == (3, 1, [None, "9", "19", "24", "23", "27"])


def test_a_listing_that_ends_without_its_token_says_so(api, database):
    api.feed("/things", changes(5), since=None, token="page_token")
    pull = pull_of(api, database, {"kind": "token", "param": "sync_token", "next": "delta_token"}, TOKENS)
    run = pull.run()
    assert (run.status, run.code) == ("completed", "TD210")


def test_newest_first_ends_where_the_last_run_began(api, database):
    feed = api.feed("/things", changes(500), since=None, token="page_token", order="descending")
    cursor = {"field": "updated_at", "order": "descending", "lookback": "10m"}
    pull = pull_of(api, database, cursor, TOKENS)
    assert pull.run().created == 500
    feed.records += changes(150, first=500, at=START + timedelta(seconds=500 * 60))
    api.forget()
    api.fault("/things", "500", when={"page_token": "0.100"})
    assert pull.run().status == "failed"
    assert cursor_of(database) == iso(START + timedelta(seconds=499 * 60))  # what lies between is not read yet
    run = pull.run()
    assert (run.status, run.created, run.cursor_after) == ("completed", 50, iso(START + timedelta(seconds=649 * 60)))
    assert len(api.requests("/things")) == 3
    assert_same(pull, feed.records)


def test_time_slices_commit_the_watermark_as_they_go(api, database):
    feed = api.feed("/things", changes(90, every=86_400), token="page_token", until="until", order=None)
    cursor = {"field": "updated_at", "param": "since", "until_param": "until", "from": "2026-01-01", "slice": "30 days"}
    pull = pull_of(api, database, cursor, TOKENS)
    api.fault("/things", "500", when={"since": "2026-03-02T00:00:00Z"})
    run = pull.run()
    assert (run.status, run.created, run.cursor_after) == ("failed", 60, "2026-03-02T00:00:00Z")
    api.forget()
    run = pull.run()
    assert (run.status, run.created) == ("completed", 30)
    assert asked(api, "since")[0] == "2026-03-02T00:00:00Z"
    assert_same(pull, feed.records)


def parents_of(api, customers):
    api.listing("/customers", [{"id": c} for c in customers], style="page", size=2)
    for number, customer in enumerate(customers):
        # each has 150 of its own; ids repeat below the next customer
        path = f"/customers/{quote(customer, safe='')}/things"
        api.listing(path, [{"id": f"r{i:05}", "n": number * 1000 + i} for i in range(150)], style="page")
    return {"customers": {"path": "/customers", "paging": {"style": "page", "size_param": "size", "size": 2, "total_pages": "total_pages"}}}


def below(api, database, objects, **parent):
    spec = {"path": "/customers/{parent}/things", "paging": {"style": "page", "total_pages": "total_pages"},
            "parent": {"object": "customers", **parent}}
    pull = Pull(database).connect(api.url, {"things": spec, **objects})
    return pull.table("customer text, id text, n integer, PRIMARY KEY (customer, id)")


def test_records_below_each_parent(api, database):
    pull = below(api, database, parents_of(api, ["a", "b b", "c/c", "d"]))
    assert ("parent.id", "text") in database.sql("SELECT field, pg_type FROM tandem.list_fields('things_api', 'things')")
    pull.map({"parent.id": "customer", "id": "id", "n": "n"}, key=["parent.id", "id"])
    run = pull.run()
    assert (run.status, run.created, run.records_read) == ("completed", 600, 600)
    counted = database.sql("SELECT customer, count(*), min(n) FROM things GROUP BY 1 ORDER BY 1")
    assert counted == [("a", 150, 0), ("b b", 150, 1000), ("c/c", 150, 2000), ("d", 150, 3000)]


def test_reading_below_parents_goes_on_where_it_broke(api, database):
    pull = below(api, database, parents_of(api, ["a", "b", "c"]))
    pull.map({"parent.id": "customer", "id": "id", "n": "n"}, key=["parent.id", "id"])
    api.fault("/customers/b/things", "500", when={"page": "2"})
    run = pull.run()
    assert (run.status, run.created) == ("failed", 250)
    api.forget()
    run = pull.run()
    assert (run.status, run.created) == ("completed", 200)
    assert [(unquote(r.path), r.query.get("page")) for r in api.requests()][:2] == [("/customers", "1"), ("/customers/b/things", "2")]


def test_a_bad_record_below_a_parent_is_tried_again_with_its_parent(api, database):
    pull = below(api, database, parents_of(api, ["a", "b"]))
    api.listing("/customers/b/things", [{"id": "x", "n": 1}, {"id": "big", "n": 2**40}])
    pull.map({"parent.id": "customer", "id": "id", "n": "n"}, key=["parent.id", "id"])
    run = pull.run()
    assert (run.status, run.created, run.failed) == ("partial", 151, 1)
    database.sql("ALTER TABLE things ALTER COLUMN n TYPE bigint")
    retried = database.scalar("SELECT tandem.retry_sync_error(error) FROM tandem.sync_errors")
    assert database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (retried,)) == "completed"
    assert database.sql("SELECT customer, n FROM things WHERE id = 'big'") == [("b", 2**40)]


@pytest.mark.parametrize("missing", ["error", "empty"])
def test_a_parent_that_went_in_between(api, database, missing):
    pull = below(api, database, parents_of(api, ["a", "b", "c"]), missing=missing)
    pull.map({"parent.id": "customer", "id": "id", "n": "n"}, key=["parent.id", "id"])
    api.route("/customers/b/things", Answer({"error": "gone"}, 404))
    run = pull.run()
    assert (run.status, run.created) == (("completed", 300) if missing == "empty" else ("failed", 150))


def test_only_below_parents_that_changed(api, database):
    customers = [{"id": c, "updated_at": iso(START + timedelta(days=i))} for i, c in enumerate("abc")]
    api.feed("/customers", customers, token="page_token")
    for c in "abc":
        api.listing(f"/customers/{c}/things", [{"id": f"{c}{i}", "n": i} for i in range(3)])
    objects = {"customers": {"path": "/customers", "paging": TOKENS, "cursor": {"field": "updated_at", "param": "since"}}}
    spec = {"path": "/customers/{parent}/things", "parent": {"object": "customers", "incremental": True}}
    pull = Pull(database).connect(api.url, {"things": spec, **objects}).table(TABLE).map({"id": "id", "n": "n"})
    assert pull.run().created == 9
    customers[0]["updated_at"] = iso(START + timedelta(days=9))
    api.forget()
    assert pull.run().records_read == 6  # the one that changed, and the one at the watermark itself
    assert [r.path for r in api.requests()] == ["/customers", "/customers/c/things", "/customers/a/things"]


@pytest.mark.parametrize("paging", ["page", "offset"])
def test_a_server_that_ignores_the_page_is_noticed(api, database, paging):
    api.route("/things", Answer({"items": [{"id": f"r{i}", "n": i} for i in range(10)]}))
    pull = pull_of(api, database, None, {"style": paging})
    run = pull.run()
    assert (run.status, run.code, run.created) == ("failed", "TD206", 10)
    assert "same records" in run.message and len(api.requests("/things")) == 2


def endless(request):
    page = int(request.query.get("page", 1))
    return Answer({"items": [{"id": f"p{page}-{i}", "n": i} for i in range(10)]})


@pytest.mark.parametrize("ceiling", [{"max_pages": 5}, {"max_records": 50}, {"max_bytes": 1000}])
def test_a_listing_that_never_ends(api, database, ceiling):
    api.route("/things", endless)
    pull = pull_of(api, database, None, {"style": "page", **ceiling})
    run = pull.run()
    assert (run.status, run.code) == ("failed", "TD208") and next(iter(ceiling)) in run.message
    assert run.created == run.pages * 10 and 2 <= run.pages <= 5
    api.forget()
    again = pull.run()
    assert again.code == "TD208" and again.created == run.created
    assert asked(api, "page")[0] == str(run.pages + 1)  # it got on


def test_short_and_empty_pages_in_the_middle(api, database):
    pages = {"1": 3, "2": 0, "3": 1, "4": 0, "5": 2}

    def holes(request):
        page = request.query["page"]
        items = [{"id": f"p{page}-{i}", "n": i} for i in range(pages[page])]
        return Answer({"items": items, "has_more": page != "5"})

    api.route("/things", holes)
    pull = pull_of(api, database, None, {"style": "page", "more": "has_more"})
    run = pull.run()
    assert (run.status, run.created, run.pages) == ("completed", 6, 5)


def test_an_offset_listing_that_shrinks_skips_and_the_next_full_run_finds_it(api, database):
    """What offsets cannot do better: a record deleted in front shifts the rest by one. Read again, it is found."""
    records = [{"id": f"r{i:03}", "n": i} for i in range(300)]
    listing = api.listing("/things", records, style="offset")
    served, count = listing.answer, [0]

    def shrinking(request):
        count[0] += 1
        if count[0] == 2:
            del listing.records[0]
        return served(request, api.url)

    api.route("/things", shrinking)
    pull = pull_of(api, database, None, {"style": "offset", "size": 100})
    assert pull.run().created == 299  # r100 was skipped; r000 is gone at the source
    assert pull.run().created == 1
    assert ("r100", 100) in pull.rows("id, n")


def test_what_was_appended_is_not_appended_again(api, database):
    feed = api.feed("/things", changes(30), token="page_token")
    pull = pull_of(api, database, {"field": "updated_at", "param": "since", "lookback": "10m"}, TOKENS,
                   table="id text, updated_at timestamptz, n integer", write_mode="append")
    assert pull.run().created == 30
    feed.records[-1] = {**feed.records[-1], "n": 1000}  # another version of one that is read again
    feed.records += changes(2, first=30, at=START + timedelta(seconds=30 * 60))
    run = pull.run()
    assert (run.created, run.skipped) == (3, 10)
    assert pull.run(full=True).created == 0
    assert pull.rows("count(*), count(DISTINCT id)") == [(33, 32)]


def test_a_run_with_parameters_of_its_own_leaves_the_cursor_where_it_is(api, database):
    def answer(request):
        kept = [r for r in source if r["updated_at"] >= request.query.get("since", "") and request.query.get("kind", r["kind"]) == r["kind"]]
        return Answer({"items": kept})

    source = [{"id": "a", "updated_at": iso(START), "n": 1, "kind": "eu"}]
    api.route("/things", answer)
    pull = pull_of(api, database, {"field": "updated_at", "param": "since"}, {"style": "none"})
    pull.run()
    source.append({"id": "us", "updated_at": iso(START + timedelta(days=1)), "n": 2, "kind": "us"})
    source.append({"id": "eu", "updated_at": iso(START + timedelta(days=2)), "n": 3, "kind": "eu"})
    number = database.scalar("SELECT tandem.sync_now('things', params => %s::jsonb)", ('{"kind": "eu", "left_out": null}',))
    assert database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (number,)) == "completed"
    run = pull.run_row(number)
    assert (run.created, run.cursor_before, run.cursor_after) == (1, iso(START), iso(START))
    assert api.requests("/things")[-1].query == {"kind": "eu", "since": iso(START)}
    assert pull.run().created == 1  # what was not of that kind
    assert_same(pull, source)


def test_parameters_that_are_not_a_runs_to_set_are_refused(api, database):
    api.feed("/things", changes(3), token="page_token")
    pull = pull_of(api, database, {"field": "updated_at", "param": "since"}, TOKENS)
    for params, problem in [('{"since": "2020-01-01"}', "belongs to the cursor"), ('{"page_token": "x"}', "belongs to paging"),
                            ('{"a": [1]}', "must be a text, number or boolean")]:
        with pytest.raises(Exception, match=problem):
            database.sql("SELECT tandem.sync_now('things', params => %s::jsonb)", (params,))
    assert pull.run().created == 3


def test_what_a_run_under_way_was_not_asked_for_is_refused(api, database):
    feed = api.feed("/things", changes(300), token="page_token")
    pull = pull_of(api, database, {"field": "updated_at", "param": "since"}, TOKENS)
    api.delay = 0.3
    run = pull.start()
    database.wait_for("SELECT pages > 0 FROM tandem._run")
    assert pull.start() == run
    for terms in ('"full" => true', "params => '{\"kind\": \"eu\"}'"):
        with pytest.raises(Exception, match="mapping things is running, without"):
            database.sql(f"SELECT tandem.sync_now('things', {terms})")
    api.delay = 0
    assert database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (run,)) == "completed"
    assert_same(pull, feed.records)


def test_reset_cursor(api, database):
    feed = api.feed("/things", changes(30), token="page_token")
    pull = pull_of(api, database, {"field": "updated_at", "param": "since"}, TOKENS)
    pull.run()
    last = feed.records[-1]["updated_at"]
    assert database.scalar("SELECT tandem.reset_cursor('things', '2026-01-01T00:20:00Z')") == last
    assert pull.run().records_read == 10
    assert database.scalar("SELECT tandem.reset_cursor('things')") == last
    assert pull.run().records_read == 30
    with pytest.raises(Exception, match='"yesterday" is not a cursor of mapping things'):
        database.sql("SELECT tandem.reset_cursor('things', 'yesterday')")
