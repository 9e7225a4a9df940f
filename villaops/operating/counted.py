"""What is counted outside requests and tasks, where anything is counted at all."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings


@contextmanager
def open_stream() -> Iterator[None]:
    """An event stream is open while the block runs."""
    if not settings.METRICS_TOKEN:
        yield
        return
    from villaops.operating.metrics import EVENT_STREAMS

    with EVENT_STREAMS.track_inprogress():
        yield
