"""What a check remembers of the rows it has seen, small enough to be kept between two workers."""

import struct
import zlib
from dataclasses import dataclass, field
from uuid import UUID

from bookings.taking_over import Claims

_HEAD = struct.Struct("<7I")
_CLAIM = struct.Struct("<16s3i")
_SEEN = struct.Struct("<16sI")


@dataclass
class Counts:
    """How far it is."""

    position: int = 0
    made: int = 0
    guests_made: int = 0
    there_already: int = 0
    refused: int = 0


@dataclass
class Memory:
    """Nights taken by earlier rows, what they say (for doubles), and the counts that go with it."""

    counts: Counts = field(default_factory=Counts)
    claims: Claims = field(default_factory=Claims)
    seen: dict[UUID, int] = field(default_factory=dict)

    def dump(self) -> bytes:
        """To be kept with the import."""
        claims = list(self.claims.all())
        counts = self.counts
        parts = [
            _HEAD.pack(
                counts.position,
                counts.made,
                counts.guests_made,
                counts.there_already,
                counts.refused,
                len(claims),
                len(self.seen),
            )
        ]
        parts += [_CLAIM.pack(unit.bytes, *numbers) for unit, *numbers in claims]
        parts += [_SEEN.pack(key.bytes, number) for key, number in self.seen.items()]
        return zlib.compress(b"".join(parts), 1)

    @classmethod
    def load(cls, kept: bytes | memoryview | None) -> "Memory":
        """As it was kept; an empty one without."""
        memory = cls()
        if not kept:
            return memory
        raw = zlib.decompress(kept)
        *counts, claims, seen = _HEAD.unpack_from(raw)
        memory.counts = Counts(*counts)
        end = _HEAD.size + claims * _CLAIM.size
        for unit, *numbers in _CLAIM.iter_unpack(raw[_HEAD.size : end]):
            memory.claims.add(UUID(bytes=unit), *numbers)
        for key, number in _SEEN.iter_unpack(raw[end : end + seen * _SEEN.size]):
            memory.seen[UUID(bytes=key)] = number
        return memory
