"""Whether the audit log is whole: every link of every organization's chain, hashed anew."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from django.db import connection

from accounts.audit_sql import FACTS, FORGETTABLE, TOLD

# PostgreSQL writes the texts with functions of its own, which no owner of our tables can change;
# the hashes are taken here.
_LINKS = f"""
    SELECT entry.organization_id, entry.number, entry.previous_hash, entry.hash,
        entry.changes_digest, entry.record_kind,
        entry.record_label IS NULL AND entry.changes IS NULL, {TOLD.format(row="entry")},
        {FACTS.format(row="entry")}
    FROM accounts_auditentry entry
    WHERE %s::uuid IS NULL OR entry.organization_id = %s
    ORDER BY entry.organization_id, entry.number
"""  # noqa: S608 - ours

# How long a chain was, and the hash of its newest entry then.
type Head = tuple[int, bytes]


@dataclass(frozen=True)
class Link:
    """An entry, as far as its place in the chain goes."""

    organization_id: UUID | None
    number: int
    previous_hash: bytes
    hash: bytes
    digest: bytes
    kind: str
    is_silent: bool
    told: str
    facts: str

    def is_as_told(self) -> bool:
        """Whether label and changes are those that were written."""
        return sha256(self.told.encode()).digest() == self.digest

    def is_forgotten(self) -> bool:
        """Whether label and changes were taken away, as they may be with a guest."""
        return self.is_silent and self.kind in FORGETTABLE and not self.is_as_told()

    def wrong(self) -> str | None:
        """What is wrong with the entry itself."""
        if not (self.is_as_told() or self.is_forgotten()):
            return f"entry {self.number}: what it tells was changed"
        if sha256(self.previous_hash + self.facts.encode()).digest() != self.hash:
            return f"entry {self.number} was changed"
        return None


@dataclass
class Chain:
    """An organization's chain: how long it is, its newest hash, and where it is broken."""

    # None: what happened to people of no organization.
    organization_id: UUID | None
    noted: Head | None = None
    count: int = 0
    head: bytes = b""
    forgotten: int = 0
    broken: str | None = None

    def add(self, link: Link) -> None:
        """Take the next link, and note the first thing that is wrong."""
        self.broken = self.broken or self._misplaced(link) or link.wrong()
        self.count += 1
        self.forgotten += link.is_forgotten()
        self.head = link.hash

    def end(self) -> None:
        """Note whether it is shorter than it was."""
        if self.noted and self.count < self.noted[0]:
            self.broken = self.broken or f"entries after {self.count} are gone"

    def _misplaced(self, link: Link) -> str | None:
        if link.number != self.count + 1:
            return f"entry {self.count + 1} is missing"
        if link.previous_hash != self.head:
            return f"entry {link.number} does not follow the one before"
        if self.noted and self.noted[0] == link.number and self.noted[1] != link.hash:
            return f"entry {link.number} is not the one that was noted"
        return None


def chains(
    organization_id: UUID | None = None, noted: Mapping[UUID | None, Head] | None = None
) -> Iterator[Chain]:
    """Every organization's chain, or the one's. Asked by a role that sees their entries.

    `noted` are heads that were seen earlier: a chain cannot show by itself that its end was cut.
    """
    missing = dict(noted or {})
    with connection.chunked_cursor() as cursor:
        cursor.execute(_LINKS, [organization_id, organization_id])
        for owner, rows in groupby(cursor, key=itemgetter(0)):
            chain = Chain(owner, missing.pop(owner, None))
            for _owner, number, previous, newest, digest, *rest in rows:
                chain.add(Link(owner, number, bytes(previous), bytes(newest), bytes(digest), *rest))
            chain.end()
            yield chain
    for owner, head in missing.items():
        if organization_id in (None, owner):
            chain = Chain(owner, head)
            chain.end()
            yield chain
