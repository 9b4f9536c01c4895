"""Random histories of a source that is asked for what changed: whatever the cursor, the pages and the order, whatever breaks
and goes on elsewhere, the table ends as the source is. Deletions come as marks, by a feed, by full runs, or not at all."""

import random
import time
from datetime import datetime, timedelta, timezone

from pull import Pull, seeds

STEPS = 8
SIZE = 5
BEGIN = datetime(2020, 1, 1, tzinfo=timezone.utc)


def listing(style, order, inclusive):
    """An object's paging and cursor, and how the server answers it."""
    cursor = {"field": "updated_at", "param": "since", "inclusive": inclusive, **({"order": order} if order else {})}
    paging = {"size_param": "limit", "size": SIZE}
    server = {"order": order, "inclusive": inclusive}
    if style == "token":
        paging.update(style="token", param="token", next="next_token")
        server["token"] = "token"
    elif style == "offset":
        paging.update(style="offset", param="offset", more="has_more")
        server["offset"] = "offset"
    elif style == "window":
        paging.update(style="offset", param="offset", more="has_more", window=4 * SIZE)
        server.update(offset="offset", window=4 * SIZE)
    else:
        cursor.update(tie_break="id", tie_param="after_id", order="ascending")
        paging.update(style="keyset", more="has_more")
        server.update(after="after_id", order="ascending")
    return paging, cursor, server


class History:
    def __init__(self, api, database, seed):
        self.chance, self.api, self.database, self.name = random.Random(seed), api, database, f"h{seed}"
        pick = self.chance.choice
        style = pick(["token", "offset", "keyset", "window"])
        order = pick([None, "ascending", "descending"]) if style in ("token", "offset") else "ascending"
        self.options = {"style": style, "order": order, "inclusive": pick([True, False]),
                        "deletions": pick(["none", "mark", "feed", "full"]), "mode": pick(["hard", "soft"])}
        self.now, self.last = BEGIN, 0
        self.source, self.dead, self.expected = [], [], {}
        self.deleted = []  # the feed's entries
        self.pull = self.make()

    def make(self):
        options, name = self.options, self.name
        paging, cursor, server = listing(options["style"], options["order"], options["inclusive"])
        self.feed = self.api.feed(f"/{name}", self.source, size=SIZE, **server)
        spec = {"path": f"/{name}", "id": "id", "paging": paging, "cursor": cursor}
        if options["deletions"] == "mark":
            spec["deleted"] = {"field": "gone", "equals": True}
        if options["deletions"] == "feed":
            self.grave = self.api.feed(f"/{name}/deleted", self.deleted, field="at", since="start", offset="offset", size=3)
            spec["deletions"] = {"path": f"/{name}/deleted", "paging": {"style": "offset", "param": "offset", "more": "has_more"},
                                 "cursor": {"field": "at", "param": "start"}}
        pull = Pull(self.database, name).connect(self.api.url, {name: spec})
        pull.table("id text PRIMARY KEY, name varchar(20), gone boolean NOT NULL DEFAULT false")
        more = {}
        if options["deletions"] != "none":
            more["delete_mode"] = options["mode"]
            more["options"] = {"delete_brake": {"rows": 10000}}
            if options["mode"] == "soft":
                more["options"]["soft_delete_columns"] = {"gone": True}
        return pull.map({"id": "id", "name": "name"}, sync_mode="incremental", **more)

    def tick(self, seconds):
        self.now += timedelta(seconds=seconds)

    def stamp(self, record):
        record["updated_at"] = self.now.isoformat().replace("+00:00", "Z")

    def add(self):
        self.last += 1
        self.source.append({"id": f"r{self.last:04}", "gone": False})
        self.edit(self.source[-1])

    def edit(self, record=None):
        alive = [r for r in self.source if not r["gone"]]
        record = record or (self.chance.choice(alive) if alive else None)
        if record:
            record["name"] = f"n{self.chance.randrange(1000)}"
            self.stamp(record)

    def spoil(self):
        self.edit()
        alive = [r for r in self.source if not r["gone"]]
        if alive and not self.broken:
            record = self.chance.choice(alive)
            record["name"] = "x" * 21
            self.stamp(record)

    def vanish(self):
        # Those that are in the table as they are: a run that breaks may have shown what the model never sees of others.
        alive = [r for r in self.source if not r["gone"] and self.expected.get(r["id"]) == [r["name"], False]]
        # Deep in a listing from the newest on, records only move up when one before them is taken out of it.
        if len(alive) < 3 or (self.broken and self.options["order"] == "descending" and self.options["deletions"] != "mark"):
            return
        record = self.chance.choice(alive)
        if self.options["deletions"] == "mark":
            record["gone"] = True
            self.stamp(record)
            return
        self.source.remove(record)
        self.dead.append(record)
        self.deleted.append({"id": record["id"], "at": self.now.isoformat().replace("+00:00", "Z")})

    def come_back(self):
        marked = [r for r in self.source if r["gone"]]
        if self.options["deletions"] == "mark" and marked:
            record = self.chance.choice(marked)
            record["gone"] = False
            self.edit(record)
        elif self.dead:
            self.source.append(self.dead.pop(self.chance.randrange(len(self.dead))))
            self.edit(self.source[-1])

    def change(self):
        for _ in range(self.chance.randrange(2, 15)):
            self.chance.choice([self.add, self.add, self.edit, self.edit, self.edit, self.spoil, self.vanish, self.come_back])()
            self.tick(self.chance.choice([0, 0, 1, 5]))

    def run(self, full=False):
        self.tick(3)
        self.feed.clock = (self.now - datetime.fromtimestamp(time.time(), timezone.utc)).total_seconds()
        if self.options["deletions"] == "feed":
            self.grave.clock = self.feed.clock
        number = self.pull.start(full)
        if self.chance.random() < .2:
            time.sleep(self.chance.random() * .06)  # the moment is what is being tried, nothing is waited for
            self.database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'tandem worker'"
                              " AND datname = current_database()", user="postgres")
        self.database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (number,))
        self.tick(3)
        return self.pull.run_row(number)

    def step(self):
        # Tokens of this server are numbers of records, which only an order makes harmless.
        self.broken = self.chance.random() < .4 and (self.options["style"], self.options["order"]) != ("token", None)
        self.change()
        for _ in range(self.chance.randrange(3) if self.broken else 0):
            name = self.chance.choice(["", "", "/deleted"]) if self.options["deletions"] == "feed" else ""
            skip = {"offset": str(SIZE * self.chance.randrange(1, 4))} if self.options["style"] in ("offset", "window") and not name else {}
            self.api.fault(f"/{self.name}{name}", self.chance.choice(["500", "truncate", "reset"]), when=skip)
            self.run()
            self.change()
        self.api.mend(f"/{self.name}"), self.api.mend(f"/{self.name}/deleted")
        full = self.options["deletions"] == "full"
        if self.broken and (full or self.options["order"] == "descending"):  # the rest first, then what is newer
            self.run()
        run = self.run(full)
        return run

    def table(self):
        """What the table has to hold: of a record that cannot be written, what it held before."""
        shown = {r["id"]: r for r in self.source}
        for key, record in shown.items():
            if record["gone"]:
                self.bury(key)
            elif len(record["name"]) <= 20:
                self.expected[key] = [record["name"], False]
        if self.options["deletions"] in ("feed", "full"):
            for key in [key for key in self.expected if key not in shown]:
                self.bury(key)
        return sorted((key, *row) for key, row in self.expected.items())

    def bury(self, key):
        if self.options["mode"] == "hard":
            self.expected.pop(key, None)
        elif key in self.expected:
            self.expected[key][1] = True


def test_random_histories_of_changes(api, database):
    for seed in seeds(8):
        history = History(api, database, seed)
        for _ in range(10):
            history.add()
            history.tick(1)
        for step in range(STEPS):
            run = history.step()
            told = str((history.name, step, history.options, history.broken, run.row))
            assert run.status in ("completed", "partial"), told
            assert database.sql(f"SELECT id, name, gone FROM {history.name} ORDER BY id") == history.table(), told
