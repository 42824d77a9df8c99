"""Which job a worker takes next."""

from kombu import Producer

from omegle.celery import app
from omegle.server.supervisor import programs


def test_worker_takes_from_a_queue_when_those_before_it_are_empty() -> None:
    taken: list[str] = []
    with app.connection_for_write() as connection:
        for name in ("upkeep", "screening", "reports") * 2:
            queue = app.amqp.queues[name]
            Producer(connection).publish({}, routing_key=name, declare=[queue])
    with app.connection_for_read() as connection:
        consumer = app.amqp.TaskConsumer(
            connection.default_channel,
            callbacks=[lambda _, message: taken.append(message.delivery_info["routing_key"])],
            no_ack=True,
        )
        with consumer:
            for _ in range(6):
                connection.drain_events(timeout=5)
    assert taken == [name for name in ("reports", "screening", "upkeep") for _ in range(2)]


def test_every_queue_has_its_worker() -> None:
    members = programs(web=[], reloads=False, drain_seconds=1, checks_frames=True)
    commands = [each.command for each in members]
    queues = [
        name
        for command in commands
        if "--queues" in command
        for name in command[command.index("--queues") + 1].split(",")
    ]
    assert sorted(queues) == sorted(app.amqp.queues)
