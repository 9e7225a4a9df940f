"""The project's own tables, each beside the code it belongs to."""

from villaops.api.idempotency import KeptAnswer
from villaops.outbox.models import Intent
from villaops.schedules import Schedule

__all__ = ["Intent", "KeptAnswer", "Schedule"]
