"""Runs the reminder job once through Celery and tells the figures of the register as JSON.

script/server starts this beside the web server and the worker: `python -m policytracker.serving.reminding`.
"""

import json
import sys

import django
from django.core.management import CommandError, call_command

PATIENCE = 120.0  # seconds
LOG_INS = [f"{name}@demo.example" for name in ("officer", "vng", "nctv", "admin")]


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
    try:
        call_command("remind", wait=True, timeout=PATIENCE, stdout=sys.stderr)
    except CommandError as error:
        sys.exit(f"The reminders were not sent. {error}")
    json.dump(figures(), sys.stdout)
