"""The benchmark's records: pages of JSON and the same rows as text ready for COPY.

Kinds: plain; some (1 % of the records changed); clean and bad (a note that refers to another table; bad: 0.5 % of the
amounts are no numbers, 0.25 % break a CHECK, 0.25 % refer to nothing); wide (a body of 2.7 KB more); children (an array of
five lines more, which rows.copy does not have).
"""

from __future__ import annotations

from pathlib import Path

FIRST = ["Ana", "Zoë", "José", "Mary", "Łukasz", "Ngozi", "Jürgen", "Aïcha", "Oleksandr", "Mei"]
LAST = ["O'Brien", "Müller", "García", "Smith-Jones", "Nguyễn", "Østergård", "Kowalski", "Dubois", "Yılmaz", "Rossi"]
CITIES = ["Paris", "São Paulo", "Kraków", "Reykjavík", "Santiago de Compostela"]
COLUMNS = """id text PRIMARY KEY, first_name text, last_name text, email text, amount numeric, active boolean,
    created_at timestamptz, updated_at timestamptz, note text, address jsonb"""
NAMES = ["id", "first_name", "last_name", "email", "amount", "active", "created_at", "updated_at", "note", "address"]
KINDS = ("plain", "some", "clean", "bad", "wide", "children")
LINES = 5  # elements of the array of a record with children
LINE_COLUMNS = "no integer, sku text, quantity integer, price numeric"
LINE_NAMES = ["no", "sku", "quantity", "price"]
NOTES = 100  # rows of the table that notes of clean and bad refer to
SENTENCE = "The quick brown fox jumps over the lazy dog, says “nobody” in Łódź. "


def bad_rows(rows: int) -> int:
    return sum(len(range(start, rows, 400)) for start in (7, 107, 207, 307))


def generate(directory: Path, rows: int, pages: int, kind: str = "plain", served_as: str | None = None) -> int:
    """Writes pages/N.json and rows.copy; gives the bytes of JSON. Each page links to the next below /`served_as`/."""
    (directory / "pages").mkdir(parents=True)
    size, size_of_page = 0, -(-rows // pages)
    with (directory / "rows.copy").open("w") as copy:
        for page, start in enumerate(range(0, rows, size_of_page), 1):
            end = min(start + size_of_page, rows)
            records = [_record(i, copy, kind) for i in range(start, end)]
            following = f'"/{served_as or directory.name}/pages/{page + 1}.json"' if end < rows else "null"
            body = '{"items":[' + ",".join(records) + '],"next":' + following + "}"
            file = directory / "pages" / f"{page}.json"
            file.write_text(body)
            size += file.stat().st_size
    return size


def _record(i: int, copy, kind: str) -> str:
    scattered = f"{i * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF:016x}"
    first, last, city = FIRST[i % 10], LAST[i // 10 % 10], CITIES[i % 5]
    email = f"user.{scattered}@customers.example.com"
    amount = f"{i * 7919 % 10_000_000 / 100:.2f}"
    active = "true" if i % 3 else "false"
    created = f"2024-{i % 12 + 1:02d}-{i % 28 + 1:02d}T{i % 24:02d}:{i % 60:02d}:{i // 60 % 60:02d}Z"
    updated = f"2025-{i % 12 + 1:02d}-{i % 28 + 1:02d}T{i % 24:02d}:{i % 60:02d}:{i // 60 % 60:02d}.{i % 1000:03d}+02:00"
    address = f'{{"street":"{i % 500} High Street","city":"{city}","zip":"{i % 100000:05d}"}}'
    note = None
    if kind == "some" and i % 100 == 50:
        last = "Changed"
    elif kind in ("clean", "bad"):
        note = f"note {i % NOTES}"
        if kind == "bad":
            amount = '"n/a"' if i % 400 in (7, 207) else "-1" if i % 400 == 107 else amount
            note = "nobody's" if i % 400 == 307 else note
    elif kind == "wide":
        note = SENTENCE * 38
    copy.write(f"{scattered}\t{first}\t{last}\t{email}\t{amount}\t{active}\t{created}\t{updated}\t{note or chr(92) + 'N'}\t{address}\n")
    note = f'"{note}"' if note else "null"
    lines = ""
    if kind == "children":
        lines = ',"lines":[' + ",".join(
            f'{{"no":{n},"sku":"SKU-{(i * 7 + n) % 5000:05d}","quantity":{(i + n) % 9 + 1},"price":{(i + n) % 10_000 / 100:.2f}}}'
            for n in range(1, LINES + 1)) + "]"
    return (f'{{"id":"{scattered}","first_name":"{first}","last_name":"{last}","email":"{email}","amount":{amount},'
            f'"active":{active},"created_at":"{created}","updated_at":"{updated}","note":{note},"address":{address}{lines}}}')
