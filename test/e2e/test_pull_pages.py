"""Paging, credentials, and a listing that breaks."""

import pytest

from pull import PAGING, Pull, records, things
from servers import Answer


@pytest.mark.parametrize("style", list(PAGING))
def test_every_page_style_reads_everything(api, database, style):
    pull = things(api, database, records(250), style=style)
    run = pull.run()
    assert (run.status, run.created) == ("completed", 250)
    assert run.pages >= (1 if style == "none" else 3)
    assert pull.rows("count(*), sum(qty)") == [(250, sum(range(250)))]


def test_the_body_may_be_the_list_itself(api, database):
    pull = things(api, database, records(250), style="link", listing={"records_key": None})
    assert pull.run().created == 250


def test_a_short_page_is_not_the_end(api, database):
    """An API that cuts limit to 40 silently: offset moves by what came."""
    pull = things(api, database, records(250), style="offset", listing={"size": 40})
    assert pull.run().created == 250


def test_page_size_of_the_mapping(api, database):
    pull = things(api, database, records(250), style="page", options={"page_size": 50})
    assert pull.run().pages >= 5
    assert api.requests("/things")[0].query["size"] == "50"


def test_a_repeated_token_ends_the_run_with_an_error_that_names_it(api, database):
    api.route("/things", Answer({"items": records(1), "next_cursor": "again"}))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "paging": PAGING["token"]}})
    pull.table("id text PRIMARY KEY, name text, qty integer").map({"id": "id"})
    run = pull.run()
    assert run.status == "failed" and "again" in run.message
    assert len(api.requests("/things")) < 5


def test_a_next_link_to_another_host_is_not_followed(api, database):
    api.route("/things", Answer({"items": records(1), "next": "http://localhost:9/things"}))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "paging": PAGING["next_url"]}})
    pull.table("id text PRIMARY KEY, name text, qty integer").map({"id": "id"})
    run = pull.run()
    assert run.status == "failed" and run.created == 1


@pytest.mark.parametrize("scheme, auth, credentials, required", [
    ("basic", {"type": "basic"}, {"username": "joe", "password": "s3cret-word"}, {"user": "joe", "password": "s3cret-word"}),
    ("bearer", {"type": "bearer"}, {"token": "s3cret-token"}, {"token": "s3cret-token"}),
    ("header", {"type": "api-key", "header": "X-Key"}, {"key": "s3cret-key"}, {"name": "X-Key", "value": "s3cret-key"}),
    ("query", {"type": "api-key", "param": "key"}, {"key": "s3cret-key"}, {"name": "key", "value": "s3cret-key"}),
])
def test_authentication(api, database, scheme, auth, credentials, required):
    api.listing("/things", records(3))
    api.require(scheme, **required)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}, credentials, auth=auth)
    pull.table("id text PRIMARY KEY, name text, qty integer").map({"id": "id", "name": "name", "qty": "qty"})
    assert database.sql("SELECT ok, status FROM tandem.test_connection('things_api')") == [(True, "ready")]
    assert pull.run().created == 3
    wrong = {name: "wrong-word" for name in credentials}
    database.sql("SELECT tandem.set_credentials('things_api', %s::jsonb)", (str(wrong).replace("'", '"'),))
    assert database.sql("SELECT ok, status FROM tandem.test_connection('things_api')") == [(False, "auth_failed")]
    run = pull.run()
    assert run.status == "failed"
    assert database.scalar("SELECT status FROM tandem.connection_status WHERE connection = 'things_api'") == "auth_failed"


@pytest.mark.parametrize("fault", ["truncate", "reset", "html", "garbage", "empty", "huge", "endless", "gzip_bomb",
                                   "redirect", "too_many", "500", "404"])
def test_a_failed_page_fails_the_run_keeps_what_is_committed_and_goes_on_there(api, database, fault):
    database.cluster.reload({"tandem.max_response_bytes": "4MB"})
    pull = things(api, database, records(300), style="page")
    api.fault("/things", fault, when={"page": "2"})
    run = pull.run()
    assert run.status == "failed" and run.message
    assert run.created == 100 and len(pull.rows()) == 100
    api.forget()
    run = pull.run()
    assert (run.status, run.created) == ("completed", 200)
    assert api.requests("/things")[0].query["page"] == "2"
    assert len(pull.rows()) == 300


def test_an_answer_that_never_comes_times_out(api, database):
    api.listing("/things", records(3))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}, timeouts={"first_byte": 0.2})
    pull.table("id text PRIMARY KEY, name text, qty integer").map({"id": "id"})
    api.fault("/things", "silence")
    run = pull.run()
    assert run.status == "failed" and "did not begin to answer" in run.message
    assert pull.run().created == 3


def test_a_records_path_that_is_not_there_is_an_error_not_an_empty_list(api, database):
    api.route("/things", Answer({"data": {"rows": []}}))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "records": "data.items"}})
    pull.table("id text PRIMARY KEY").map({"id": "id"})
    run = pull.run()
    assert run.status == "failed" and "items" in run.message


def test_a_whole_new_listing_after_full(api, database):
    pull = things(api, database, records(300), style="page")
    api.fault("/things", "500", when={"page": "3"})
    assert pull.run().status == "failed"
    run = pull.run(full=True)
    assert (run.records_read, run.created, run.skipped) == (300, 100, 200)


def test_loopback_is_refused_unless_allowed(api, database):
    database.cluster.reload({"tandem.allowed_networks": ""})
    try:
        pull = things(api, database, records(3))
        database.wait_for("SELECT current_setting('tandem.allowed_networks') = ''")
        run = pull.run()
        assert run.status == "failed" and "special range" in run.message
        assert api.requests() == []
    finally:
        database.cluster.reload({"tandem.allowed_networks": "127.0.0.0/8, ::1"})


def test_plain_http_is_refused_unless_allowed(api, database):
    database.cluster.reload({"tandem.allow_http": "off"})
    try:
        pull = things(api, database, records(3))
        database.wait_for("SELECT current_setting('tandem.allow_http') = 'off'")
        run = pull.run()
        assert run.status == "failed" and "http" in run.message
        assert api.requests() == []
    finally:
        database.cluster.reload({"tandem.allow_http": "on"})
