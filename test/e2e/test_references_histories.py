"""Random histories of records that refer to each other: in a circle, to themselves, and to records that come later.

Runs come in any order while the sources change. Once everything that is referred to is there and every mapping has run,
each row points where its record does and nothing waits any more.
"""

import json
import random

from pull import Pull, seeds

STEPS = 5


class History:
    def __init__(self, api, database, seed):
        self.chance, self.api, self.database, self.name = random.Random(seed), api, database, f"h{seed}"
        self.strict = self.chance.choice([True, False])  # a contact cannot be without its account
        self.accounts, self.contacts = {}, {}
        self.hidden = set()  # accounts and contacts that the source does not show yet
        name = self.name
        Pull(database, name).connect(api.url, {"accounts": {"path": f"/{name}/accounts", "id": "id"},
                                               "contacts": {"path": f"/{name}/contacts", "id": "id"}})
        database.sql(f"CREATE TABLE {name}_accounts (id bigserial PRIMARY KEY, remote_id text UNIQUE, name text,"
                     f" parent bigint REFERENCES {name}_accounts, main text)")
        database.sql(f"CREATE TABLE {name}_contacts (id text PRIMARY KEY, name text,"
                     f" account bigint {'NOT NULL' if self.strict else ''} REFERENCES {name}_accounts)")
        self.map("accounts", {"id": "remote_id", "name": "name", "parent": self.reference("parent", "accounts"),
                              "main": self.reference("main", "contacts")})
        self.map("contacts", {"id": "id", "name": "name", "account": self.reference("account", "accounts")})

    def reference(self, column, mapping):
        return {"column": column, "reference": {"mapping": f"{self.name}_{mapping}"}}

    def map(self, object, columns):
        full = f"{self.name}_{object}"
        self.database.sql("SELECT tandem.create_mapping(%s, %s, %s, %s::regclass, %s::jsonb, sync_mode => %s, options => %s)",
                          (full, f"{self.name}_api", object, full, json.dumps(columns), "full",
                           json.dumps({"verify": self.chance.choice(["source", "target"])})))

    def change(self):
        for _ in range(self.chance.randrange(1, 10)):
            kind = self.chance.choice([self.accounts, self.contacts])
            letter = "a" if kind is self.accounts else "c"
            if not kind or self.chance.random() < .5:
                record = kind[f"{letter}{len(kind)}"] = {"id": f"{letter}{len(kind)}"}
                if self.chance.random() < .5:
                    self.hidden.add(record["id"])
            else:
                record = self.chance.choice(list(kind.values()))
            record["name"] = f"n{self.chance.randrange(100)}"
            if kind is self.contacts:
                record["account"] = self.any(self.accounts) or self.new_account()
                if not self.strict and self.chance.random() < .2:
                    record["account"] = None
            else:
                record["parent"], record["main"] = self.any(self.accounts), self.any(self.contacts)
        if self.hidden and self.chance.random() < .5:
            self.hidden.discard(self.chance.choice(sorted(self.hidden)))

    def any(self, kind):
        return self.chance.choice([None, *kind]) if kind else None

    def new_account(self):
        id_ = f"a{len(self.accounts)}"
        self.accounts[id_] = {"id": id_, "name": "new", "parent": None, "main": None}
        self.hidden.add(id_)
        return id_

    def serve(self):
        for kind, records in (("accounts", self.accounts), ("contacts", self.contacts)):
            shown = [r for r in records.values() if r["id"] not in self.hidden]
            self.chance.shuffle(shown)
            self.api.listing(f"/{self.name}/{kind}", shown)

    def run(self):
        runs = [self.database.scalar("SELECT tandem.sync_now(%s)", (f"{self.name}_{kind}",))
                for kind in self.chance.sample(["accounts", "contacts"], self.chance.randrange(1, 3))]
        for run in runs:
            assert self.database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (run,)) in ("completed", "partial")

    def finish(self):
        self.hidden.clear()
        self.serve()
        for kind in self.chance.sample(["accounts", "contacts"], 2):
            self.database.sql("CALL tandem.sync(%s)", (f"{self.name}_{kind}",))
        self.database.wait_for("SELECT count(*) = 0 FROM tandem.run_progress")

    def tables(self):
        name = self.name
        return (self.database.sql(f"SELECT a.remote_id, a.name, p.remote_id, a.main FROM {name}_accounts a"
                                  f" LEFT JOIN {name}_accounts p ON p.id = a.parent ORDER BY 1"),
                self.database.sql(f"SELECT c.id, c.name, a.remote_id FROM {name}_contacts c"
                                  f" LEFT JOIN {name}_accounts a ON a.id = c.account ORDER BY 1"))

    def expected(self):
        return (sorted(((r["id"], r["name"], r["parent"], r["main"]) for r in self.accounts.values()), key=lambda r: r[0]),
                sorted(((r["id"], r["name"], r["account"]) for r in self.contacts.values()), key=lambda r: r[0]))


def test_random_histories_of_references(api, database):
    for seed in seeds(8):
        history = History(api, database, seed)
        for _ in range(STEPS):
            history.change()
            history.serve()
            history.run()
        history.finish()
        told = (history.name, history.strict)
        accounts, contacts = history.tables()
        assert accounts == history.expected()[0], told
        assert contacts == history.expected()[1], told
        open_ = database.sql("SELECT mapping, origin_id, code, message FROM tandem.sync_errors WHERE resolved_at IS NULL")
        assert open_ == [], told
