"""Runs the reminder job once through Celery and tells the figures of the register as JSON.

script/server starts this beside the web server and the worker: `python -m policytracker.serving.reminding`.
"""

import json
import sys
import time
import uuid
from typing import Any

import django

TASK = "reminders.tasks.run_reminders"
LOG_INS = [f"{name}@demo.example" for name in ("officer", "vng", "nctv", "admin")]


def is_in_hand(task_id: str) -> bool:
    """Whether the task waits at the broker or a worker has it and has not finished it."""
    from policytracker.celery import app

    with app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        waiting = channel.client.lrange("celery", 0, -1)
        taken = channel.client.hvals(channel.unacked_key)
    return any(task_id.encode() in message for message in [*waiting, *taken])


def run_once(patience: float) -> bool:
    """Queue the reminder job and wait until a worker has done it.

    Returns:
        Whether it was done within `patience` seconds.
    """
    from policytracker.celery import app

    task_id = str(uuid.uuid4())
    app.send_task(TASK, task_id=task_id)
    deadline = time.monotonic() + patience
    absent = 0  # a worker that takes a message removes it here a moment before it appears there
    while absent < 3:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
        absent = 0 if is_in_hand(task_id) else absent + 1
    return True


def figures() -> dict[str, object]:
    """What the summary of script/server tells."""
    from accounts.models import User
    from municipalities.models import Municipality, SafetyPolicy
    from reminders.models import Message, Reminder

    return {
        "municipalities": Municipality.objects.in_register().count(),
        "policies": SafetyPolicy.objects.published().count(),
        "reminders": Reminder.objects.filter(status=Reminder.Status.SENT).count(),
        "messages": Message.objects.filter(status=Message.Status.SENT).count(),
        "log_ins": [
            {"email": user.email, "role": str(user.get_role_display())}
            for user in User.objects.filter(email__in=LOG_INS, is_demonstration=True, is_active=True)
        ],
    }


if __name__ == "__main__":
    django.setup()
    if not run_once(patience=120):
        sys.exit("The reminder job was not done within two minutes.")
    json.dump(figures(), sys.stdout)
