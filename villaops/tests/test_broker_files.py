"""The broker of files, and what becomes of it when its folder is deleted."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection, Exchange, Queue

from villaops.celery import app, broker

QUEUE = Queue("celery", Exchange("celery", type="direct"), routing_key="celery")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    settings = broker("", "", tmp_path)
    options = settings["broker_transport_options"]
    with app.connection(settings["broker_url"], transport_options=options) as connection:
        yield connection


def publish(connection: Connection, *bodies: dict[str, Any]) -> None:
    """As a web server does, which declares its queue once."""
    producer = connection.Producer(auto_declare=False)
    for body in bodies:
        producer.publish(body, exchange="celery", routing_key="celery")


def received(connection: Connection) -> list[Any]:
    """All that is there, in order."""
    bodies = []
    queue = QUEUE.bind(connection.default_channel)
    while message := queue.get():
        message.ack()
        bodies.append(message.payload)
    return bodies


def test_messages_come_in_order_and_once(connection: Connection) -> None:
    QUEUE.bind(connection.default_channel).declare()
    publish(connection, {"n": 1}, {"n": 2}, {"n": 3})

    size = connection.default_channel.queue_declare("celery", passive=True).message_count

    assert size == 3
    assert received(connection) == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert received(connection) == []


def test_a_deleted_folder_is_made_anew_by_whoever_comes_first(
    connection: Connection, tmp_path: Path
) -> None:
    QUEUE.bind(connection.default_channel).declare()
    publish(connection, {"n": 1})

    shutil.rmtree(tmp_path / "broker")
    with pytest.raises(Empty):
        connection.default_channel._get("celery")
    shutil.rmtree(tmp_path / "broker")
    publish(connection, {"n": 2})

    assert received(connection) == [{"n": 2}]


def test_a_message_is_never_seen_half_written(connection: Connection, tmp_path: Path) -> None:
    channel = connection.default_channel
    folder = tmp_path / "broker" / "messages"
    folder.mkdir(parents=True)
    (folder / ".being-written").write_text('{"n":')

    assert channel._size("celery") == 0
    with pytest.raises(Empty):
        channel._get("celery")
