"""How often one client may ask."""

import logging
import time
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest

from villaops.errors import TooManyAttempts

logger = logging.getLogger(__name__)

WINDOW = 60
# Whom a Unix socket connects: nobody but this machine.
LOCAL = "127.0.0.1"

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network


def count_request(*, scope: str, client: str, limit: int) -> None:
    """Count one request of the client; more than `limit` in a minute raise TooManyAttempts.

    The minute starts with the client's first request. 0 turns the limit off. A cache that does
    not answer lets everybody in: it is better to serve too many than nobody.
    """
    if limit <= 0:
        return
    key = f"throttle:{scope}:{client}"
    if settings.THROTTLES_IN_DATABASE:
        requests, left = _counted_in_database(key)
        if requests > limit:
            raise TooManyAttempts(retry_after=max(1, round(left)))
        return
    try:
        if _counted(key) > limit:
            ends = cache.get(f"{key}:ends") or time.time() + WINDOW
            raise TooManyAttempts(retry_after=max(1, round(ends - time.time())))
    except no_answer():
        logger.exception("throttle: the cache does not answer")


def no_answer() -> tuple[type[Exception], ...]:
    """What is raised when Redis does not answer, for an `except` clause.

    django-redis wraps what Redis raises for most commands, but not for all of them. Imported only
    once something was raised: they take a tenth of the start, and a clone has no Redis.
    """
    from django_redis.exceptions import ConnectionInterrupted
    from redis.exceptions import RedisError

    return ConnectionInterrupted, RedisError


# Django's cache in the database counts in two statements, between which others count the same.
_COUNT = """
    INSERT INTO villaops_throttle AS counted (key, requests, ends)
    VALUES (%(key)s, 1, statement_timestamp() + make_interval(secs => %(window)s))
    ON CONFLICT (key) DO UPDATE SET
        requests = CASE WHEN counted.ends > statement_timestamp() THEN counted.requests + 1
                   ELSE 1 END,
        ends = CASE WHEN counted.ends > statement_timestamp() THEN counted.ends
               ELSE excluded.ends END
    RETURNING requests, extract(epoch FROM ends - statement_timestamp())
"""


def _counted_in_database(key: str) -> tuple[int, float]:
    """The same, and how many seconds the minute has left; for processes without a Redis."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"key": key, "window": WINDOW})
        requests, left = cursor.fetchone()
    return requests, float(left)


def forget_old_counts() -> None:
    """Delete what is no longer counted."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM villaops_throttle WHERE ends < statement_timestamp()")


def _counted(key: str) -> int:
    """How many requests the present minute has seen, this one included."""
    # Longer than the counter itself, so that nobody counted is without an end.
    if cache.add(key, 1, WINDOW):
        cache.set(f"{key}:ends", time.time() + WINDOW, WINDOW * 2)
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:
        # The minute ended between the two questions.
        return 1


def client_address(request: HttpRequest) -> str:
    """The address of the client: the nearest one that is not a trusted proxy of ours.

    `X-Forwarded-For` is believed only as far as TRUSTED_PROXIES wrote it, from the right.
    """
    peer = _parsed(request.META.get("REMOTE_ADDR", "")) or ip_address(LOCAL)
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while hops and _is_trusted(peer):
        before = _parsed(hops.pop())
        if before is None:
            break
        peer = before
    return str(peer)


def comes_from_proxy(request: HttpRequest) -> bool:
    """Whether one of TRUSTED_PROXIES has connected."""
    peer = _parsed(request.META.get("REMOTE_ADDR", "")) or ip_address(LOCAL)
    return _is_trusted(peer)


def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


@lru_cache(maxsize=8)
def _networks(names: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(name, strict=False) for name in names)
