"""Many changes in one request: every way in which vendors tell what became of each, and batches that are refused as a whole."""

from __future__ import annotations

import json
import math

import pytest
from push import batched, pushed, same

WAYS = ("order", "echo", "multi", "refuse", "atomic")
ROWS = 130


def batch_of(crm, database, way, **options):
    crm.batches = way
    return pushed(crm, database, spec=batched(50, batches=way), kind={"required": ("name",)}, **options)


@pytest.mark.parametrize("way", WAYS)
def test_creates_updates_and_deletes_in_batches(crm, database, way):
    push, things = batch_of(crm, database, way)
    push.do("INSERT INTO things (id, name, qty) SELECT i, 'n' || i, i FROM generate_series(1, %s) i", (ROWS,))
    push.quiet()
    assert same(push, things, "name", "qty")
    push.do("UPDATE things SET qty = -qty, amount = qty + 0.5 WHERE id > 10")
    push.quiet()
    assert same(push, things)
    push.do("DELETE FROM things WHERE id <= 70")
    push.quiet()
    assert same(push, things)
    assert push.states() == []
    assert len(crm.requests("/things/batch")) <= 3 * math.ceil(ROWS / 50) + 3
    assert len(crm.accepted("things")) == ROWS + (ROWS - 10) + 70


@pytest.mark.parametrize("way", WAYS)
def test_a_bad_row_costs_only_itself(crm, database, way):
    push, things = batch_of(crm, database, way)
    push.do("INSERT INTO things (id, name) SELECT i, CASE WHEN i = 17 THEN '' ELSE 'n' || i END FROM generate_series(1, 50) i")
    push.quiet()
    assert len(things.all()) == 49
    assert push.states() == [("17", "f")]
    [(error_type, retryable)] = push.errors("error_type, retryable")
    assert error_type in ("VALIDATION_ERROR", "API_ERROR")
    asked = len(crm.requests("/things/batch"))
    assert asked <= (2 if way in ("order", "echo", "multi") else 2 * math.ceil(math.log2(50)) + 2)
    push.do("UPDATE things SET name = 'good now' WHERE id = 17")
    push.quiet()
    assert len(things.all()) == 50 and push.states() == []
    assert push.errors() == []


def test_results_that_do_not_add_up_are_not_believed(crm, database):
    """One result is missing: which record it is of cannot be told, so nothing is taken for done or for refused."""
    push, things = batch_of(crm, database, "order")
    answer = crm._handle

    def one_less(request, number):
        reply = answer(request, number)
        if request.path == "/things/batch":
            crm._handle = answer
            reply.body = json.dumps({"results": json.loads(reply.body)["results"][:-1]})
        return reply

    crm._handle = one_less
    push.do("INSERT INTO things (id, name) SELECT i, 'n' || i FROM generate_series(1, 5) i")
    push.quiet()
    assert len(things.all()) == 5
    assert {state for _, state in push.states()} == {"a"} and len(push.states()) == 5


def test_upserts_in_batches(crm, database):
    push, things = pushed(crm, database, spec=batched(50, key="key"), kind={"unique": "key"})
    for i in range(20):
        things.create(key=f"k{i}", name="was there")
    push.do("INSERT INTO things (id, key, name) SELECT i, 'k' || i, 'n' || i FROM generate_series(0, 59) i")
    push.quiet()
    assert same(push, things, "key", "name")
    push.do("UPDATE things SET name = 'x' || id")
    push.quiet()
    assert same(push, things, "key", "name")
