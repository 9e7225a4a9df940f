"""The outbox: what is to be done outside, written down in the transaction that decides it.

    write_intent("mail", {"to": "ada@example.com", ...})

A verb writes an intent; after the commit a worker is told its id, and whoever has registered for
its kind does it. Nothing is lost with a broker or a worker: the row is there, and a sweep finds
what is due and not done. A task that runs five times does it once. See docs/decisions/0010.

A handler lives in its app's `tasks.py`:

    @outbox.handler("mail")
    def deliver_mail(intent: Intent) -> None: ...

It is done when it returns. It is tried again later when it raises, or given up at once when it
raises Permanent. What writes to our own database only says `atomic=True`: it then happens in one
transaction with being done. A kind made known by `event` may have any number of listeners, each
with a row and attempts of its own; the others have exactly one handler.

The table is outside tenancy: it names no organization, and no page shows its payload. Apps with
pages keep a row of their own in the organization and refer to the intent by its id.
"""

from villaops.outbox.models import Intent, State
from villaops.outbox.registry import Permanent, event, handler
from villaops.outbox.services import NewIntent, cancel, resend, write_intent, write_intents

__all__ = [
    "Intent",
    "NewIntent",
    "Permanent",
    "State",
    "cancel",
    "event",
    "handler",
    "resend",
    "write_intent",
    "write_intents",
]
