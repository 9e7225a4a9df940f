"""What is in a database, in figures small enough to compare: rows and a checksum for each table."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from villaops.tenancy import SUPPORT_ROLE

# Tables that a crash empties anyway are no part of a backup.
_TABLES = """
    SELECT c.oid::regclass::text FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence = 'p'
        AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    ORDER BY 1
"""
# Whatever the order of the rows: the sum of the hashes of what each looks like as text.
_CHECKSUM = """
    SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint), 0)::text
    FROM {table} t
"""
_SEQUENCES = """
    SELECT name::regclass::text, last_value
    FROM pg_sequences, LATERAL (
        SELECT format('%I.%I', schemaname, sequencename)::regclass AS name
    ) named
    JOIN pg_class ON pg_class.oid = name AND relpersistence = 'p'
    ORDER BY 1
"""
# How rows look as text depends on these.
_AS_TEXT = """
    SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD';
    SET LOCAL IntervalStyle = 'iso_8601'; SET LOCAL extra_float_digits = 1;
    SET LOCAL bytea_output = 'hex'
"""


@dataclass(frozen=True)
class Contents:
    """Rows and checksum of each table, and where each sequence is."""

    tables: dict[str, tuple[int, str]]
    sequences: dict[str, int | None]

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> "Contents":
        tables = {name: (rows, checksum) for name, (rows, checksum) in written["tables"].items()}
        return cls(tables, written["sequences"])

    def rows(self) -> int:
        return sum(rows for rows, _checksum in self.tables.values())

    def differences(self, found: "Contents") -> list[str]:
        """What is otherwise there, a sentence for each table and sequence."""
        return [
            *(
                f"{name}: {_told(self.tables.get(name))} in the backup, "
                f"{_told(found.tables.get(name))} in the database"
                for name in sorted(self.tables | found.tables)
                if self.tables.get(name) != found.tables.get(name)
            ),
            *(
                f"{name} is at {found.sequences.get(name)} and not at {value}"
                for name, value in self.sequences.items()
                if found.sequences.get(name) != value
            ),
        ]


def _told(table: tuple[int, str] | None) -> str:
    return f"{table[0]} rows ({table[1]})" if table else "no such table"


def contents() -> Contents:
    """Everything the support role sees, which is everything. Inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {SUPPORT_ROLE}")
        for setting in _AS_TEXT.split(";"):
            cursor.execute(setting)
        cursor.execute(_TABLES)
        tables = {}
        for (name,) in cursor.fetchall():
            cursor.execute(_CHECKSUM.format(table=name))
            tables[name] = cursor.fetchone()
        cursor.execute(_SEQUENCES)
        return Contents(tables, dict(cursor.fetchall()))
