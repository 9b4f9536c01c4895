"""The benchmark's records: a page of JSON and the same rows as text ready for COPY."""

from __future__ import annotations

from pathlib import Path

FIRST = ["Ana", "Zoë", "José", "Mary", "Łukasz", "Ngozi", "Jürgen", "Aïcha", "Oleksandr", "Mei"]
LAST = ["O'Brien", "Müller", "García", "Smith-Jones", "Nguyễn", "Østergård", "Kowalski", "Dubois", "Yılmaz", "Rossi"]
CITIES = ["Paris", "São Paulo", "Kraków", "Reykjavík", "Santiago de Compostela"]
COLUMNS = """id text PRIMARY KEY, first_name text, last_name text, email text, amount numeric, active boolean,
    created_at timestamptz, updated_at timestamptz, note text, address jsonb"""
NAMES = ["id", "first_name", "last_name", "email", "amount", "active", "created_at", "updated_at", "note", "address"]


def generate(directory: Path, rows: int, pages: int) -> int:
    """Writes pages/N.json and rows.copy; gives the bytes of JSON."""
    (directory / "pages").mkdir()
    size, size_of_page = 0, -(-rows // pages)
    with (directory / "rows.copy").open("w") as copy:
        for page, start in enumerate(range(0, rows, size_of_page), 1):
            end = min(start + size_of_page, rows)
            records = [_record(i, copy) for i in range(start, end)]
            following = f'"/pages/{page + 1}.json"' if end < rows else "null"
            body = '{"items":[' + ",".join(records) + '],"next":' + following + "}"
            file = directory / "pages" / f"{page}.json"
            file.write_text(body)
            size += file.stat().st_size
    return size


def _record(i: int, copy) -> str:
    scattered = f"{i * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF:016x}"
    first, last, city = FIRST[i % 10], LAST[i // 10 % 10], CITIES[i % 5]
    email = f"user.{scattered}@customers.example.com"
    amount = f"{i * 7919 % 10_000_000 / 100:.2f}"
    active = "true" if i % 3 else "false"
    created = f"2024-{i % 12 + 1:02d}-{i % 28 + 1:02d}T{i % 24:02d}:{i % 60:02d}:{i // 60 % 60:02d}Z"
    updated = f"2025-{i % 12 + 1:02d}-{i % 28 + 1:02d}T{i % 24:02d}:{i % 60:02d}:{i // 60 % 60:02d}.{i % 1000:03d}+02:00"
    address = f'{{"street":"{i % 500} High Street","city":"{city}","zip":"{i % 100000:05d}"}}'
    copy.write(f"{scattered}\t{first}\t{last}\t{email}\t{amount}\t{active}\t{created}\t{updated}\t\\N\t{address}\n")
    return (f'{{"id":"{scattered}","first_name":"{first}","last_name":"{last}","email":"{email}","amount":{amount},'
            f'"active":{active},"created_at":"{created}","updated_at":"{updated}","note":null,"address":{address}}}')
