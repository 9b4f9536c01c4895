"""Random histories of a source and its table, under random options, against a model of what the documentation says.

Between runs records come, change, become unusable, leave the mapping's conditions, vanish and come back; listings break in
the middle; people edit and delete rows; workers are killed. After every run that ended, table and child table are what
the model has.
"""

import random
import time

from pull import PAGING, Pull, seeds

STEPS = 7
BAD = {"name": ["x" * 21], "qty": ["x", 5000, 1.5], "lines": [[{"no": 1, "sku": None}], [{"no": 1, "sku": "a"}, {"no": 1, "sku": "a"}], "none"]}


class Model:
    """What the table has to hold. Rows are [code, name, qty, gone], their lines {no: sku}; `known` is what was last written of a record."""

    def __init__(self, options):
        self.options = options
        self.mapped = ["id", "code", "name", "qty"] + ["lines"] * bool(options["children"])
        self.rows, self.lines, self.known = {}, {}, {}

    def run(self, source, full):
        for record in source:
            if (self.options["conditions"] and record["grp"] != "a") or self.unusable(record):
                continue
            content = repr([record.get(field, "absent") for field in self.mapped])
            same = self.known.get(record["id"]) == content
            if same and self.options["verify"] == "source" and not full:
                continue
            self.write(record)
            self.known[record["id"]] = content
        shown = {record["id"] for record in source}
        for key in [key for key, content in self.known.items() if content and key not in shown]:
            self.bury(key)

    def unusable(self, record):
        if record["bad"] != "lines":
            return bool(record["bad"])
        twice = isinstance(record["lines"], list) and len(record["lines"]) > 1  # an error only where `no` tells them apart
        return self.options["children"] == "keyed" or (self.options["children"] == "by content" and not twice)

    def write(self, record):
        key = record["id"]
        self.rows[key] = [record["code"], record["name"], record["qty"], False]
        if self.options["children"] and "lines" in record:
            self.lines[key] = [(line["no"], line["sku"]) for line in record["lines"] or []]

    def bury(self, key):
        if self.options["delete_mode"] == "ignore":
            return
        self.known[key] = None
        if self.options["delete_mode"] == "hard":
            self.rows.pop(key, None), self.lines.pop(key, None)
        elif key in self.rows:
            self.rows[key][3] = True

    def equals(self, source):
        """Whether the table is as the source, as far as the mapping is about it."""
        about = {r["id"]: r for r in source if not self.options["conditions"] or r["grp"] == "a"}
        shown = {r["id"] for r in source}
        if any(self.unusable(r) or self.rows.get(r["id"], [None])[:3] != [r["code"], r["name"], r["qty"]] for r in about.values()):
            return False
        lines = {key: sorted((line["no"], line["sku"]) for line in r["lines"] or []) for key, r in about.items() if "lines" in r}
        if self.options["children"] and any(sorted(self.lines.get(key, [])) != value for key, value in lines.items()):
            return False
        # A verification looks rows up as the source has them now, and one that did not follow is not found.
        if self.options["key"] == "code" and any(self.rows.get(r["id"], [r["code"]])[0] != r["code"] for r in source):
            return False
        return all(key in shown or row[3] for key, row in self.rows.items())

    def table(self):
        return sorted((key, *row) for key, row in self.rows.items())

    def child_table(self):
        return sorted((key, no, sku) for key, lines in self.lines.items() for no, sku in lines)


class History:
    def __init__(self, api, database, seed):
        self.chance = random.Random(seed)
        self.api, self.database, self.name = api, database, f"h{seed}"
        pick = self.chance.choice
        self.options = {"delete_mode": pick(["ignore", "soft", "hard", "hard"]), "conditions": pick([True, False]),
                        "children": pick([None, "keyed", "by content"]), "verify": pick(["source", "source", "target"]),
                        "key": pick(["id", "code"])}
        self.model = Model(self.options)
        self.source, self.gone, self.last = [], [], 0
        self.pull = self.make()

    def make(self):
        options, name = self.options, self.name
        pull = Pull(self.database, name).connect(self.api.url, {name: {"path": f"/{name}", "paging": PAGING["page"], "id": "id"}})
        pull.table("id text PRIMARY KEY, code text UNIQUE, name varchar(20), qty integer CHECK (qty < 1000), gone boolean NOT NULL DEFAULT false")
        self.database.sql(f"CREATE TABLE {name}_lines (row_id text REFERENCES {name} ON DELETE CASCADE, no integer, sku text NOT NULL"
                          f"{', PRIMARY KEY (row_id, no)' if options['children'] == 'keyed' else ''})")
        columns = {"id": "id", "code": "code", "name": "name", "qty": "qty"}
        if options["children"]:
            columns["lines[]"] = {"table": f"{name}_lines", "parent": {"row_id": "id"}, "columns": {"no": "no", "sku": "sku"},
                                  **({"key": "no"} if options["children"] == "keyed" else {})}
        more = {"soft_delete_columns": {"gone": True}} if options["delete_mode"] == "soft" else {}
        arguments = {"match_on": "{code}"} if options["key"] == "code" else {}
        if options["conditions"]:
            arguments["conditions"] = {"==": [{"var": "grp"}, "a"]}
        pull.map(columns, delete_mode=options["delete_mode"], sync_mode="full",
                 options={"verify": options["verify"], "delete_brake": {"rows": 10000}, "page_size": 10, **more}, **arguments)
        return pull

    # what happens at the source

    def add(self):
        self.last += 1
        record = {"id": f"r{self.last:04}", "code": f"C{self.last}", "name": "new", "qty": 1, "grp": "a", "bad": None}
        self.source.insert(self.chance.randrange(len(self.source) + 1), record)
        self.edit(record)

    def edit(self, record=None):
        record = record or self.chance.choice(self.source)
        if record["bad"] == "lines":
            del record["lines"]
        record.update(name=f"n{self.chance.randrange(5)}", qty=self.chance.randrange(5), bad=None)
        if self.chance.random() < .7:
            record["lines"] = [{"no": no, "sku": self.chance.choice("abc")} for no in self.chance.sample(range(4), self.chance.randrange(4))]
        elif self.chance.random() < .5:
            record.pop("lines", None)
        elif self.chance.random() < .2:
            record["lines"] = None

    def spoil(self):
        record = self.chance.choice(self.source)
        self.edit(record)
        record["bad"] = self.chance.choice(list(BAD))
        record[record["bad"]] = self.chance.choice(BAD[record["bad"]])

    def recode(self):
        """Where rows are found by it, the row follows its record."""
        self.last += 1
        self.chance.choice(self.source)["code"] = f"C{self.last}"

    def regroup(self):
        self.chance.choice(self.source)["grp"] = self.chance.choice("ab")

    def vanish(self):
        if len(self.source) > 1:
            self.gone.append(self.source.pop(self.chance.randrange(len(self.source))))

    def come_back(self):
        if self.gone:
            self.source.append(self.gone.pop(self.chance.randrange(len(self.gone))))

    # what people do to the table

    def edit_row(self):
        if self.model.rows:
            key = self.chance.choice(sorted(self.model.rows))
            self.database.sql(f"UPDATE {self.name} SET name = 'by hand' WHERE id = %s", (key,))
            self.model.rows[key][1] = "by hand"

    def delete_row(self):
        if self.model.rows:
            key = self.chance.choice(sorted(self.model.rows))
            self.database.sql(f"DELETE FROM {self.name} WHERE id = %s", (key,))
            del self.model.rows[key]
            self.model.lines.pop(key, None)

    # runs

    def serve(self):
        records = [{k: v for k, v in record.items() if k != "bad"} for record in self.source]
        self.api.listing(f"/{self.name}", records, style="page", size=10)

    def break_off(self):
        """A run that fails on its second page, of a source that is as the last run saw it; what it brought is known."""
        if len(self.source) <= 10:
            return
        self.api.fault(f"/{self.name}", "500", when={"page": "2"})
        assert self.pull.run().status == "failed"
        self.interrupted = True

    def step(self):
        self.interrupted = False
        if self.chance.random() < .25 and self.last:
            self.break_off()
        for _ in range(self.chance.randrange(1, 12)):
            self.chance.choice([self.add, self.add, self.edit, self.edit, self.spoil, self.regroup, self.recode, self.vanish, self.vanish,
                                self.come_back, self.edit_row, self.delete_row])() if self.source else self.add()
        self.serve()
        full = self.chance.random() < .2
        if self.interrupted:  # it goes on where it had stopped, which proves nothing; the next one reads all
            self.pull.run()
        run = self.run_with_a_loss(full) if self.chance.random() < .2 else self.pull.run(full)
        self.model.run(self.source, full)
        return run

    def run_with_a_loss(self, full):
        """Its worker goes at a random moment; another one goes on, and what was proven stays proven."""
        number = self.pull.start(full)
        time.sleep(self.chance.random() * .06)  # the moment is what is being tried, nothing is waited for
        self.database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'tandem worker'"
                          " AND datname = current_database()", user="postgres")
        self.database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (number,))
        return self.pull.run_row(number)


def check(history, step, run):
    told = str((history.name, step, history.options, history.interrupted, run.row))
    model, database, name = history.model, history.database, history.name
    assert run.status in ("completed", "partial"), told
    unusable = {r["id"] for r in history.source
                if model.unusable(r) and not (history.options["conditions"] and r["grp"] != "a")}
    assert {e for (e,) in history.pull.errors("origin_id")} >= unusable, told
    assert database.sql(f"SELECT id, code, name, qty, gone FROM {name} ORDER BY id") == model.table(), told
    assert database.sql(f"SELECT row_id, no, sku FROM {name}_lines ORDER BY 1, 2, 3") == model.child_table(), told


def check_verification(history):
    """All is put right or not, somebody edits a row or nobody does: the verdict is that of the model."""
    if history.chance.random() < .6:
        for record in history.source:
            if record["bad"]:
                history.edit(record)
        history.serve()
        history.pull.run(full=True)
        history.model.run(history.source, full=True)
    for _ in range(history.chance.randrange(2)):
        history.edit_row()
    history.serve()
    run = history.database.scalar("SELECT tandem.verify_now(%s)", (history.name,))
    status = history.database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (run,))
    found = history.database.sql("SELECT * FROM tandem.run_differences(%s)", (run,))
    told = str((history.name, history.options, found))
    assert status == ("completed" if history.model.equals(history.source) else "partial"), told
    assert bool(found) == (status == "partial"), told


def test_random_histories(api, database):
    for seed in seeds(8):
        history = History(api, database, seed)
        for _ in range(12):
            history.add()
        for step in range(STEPS):
            check(history, step, history.step())
        check_verification(history)
