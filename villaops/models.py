"""The project's own tables, each beside the code it belongs to."""

from villaops.outbox.models import Intent

__all__ = ["Intent"]
