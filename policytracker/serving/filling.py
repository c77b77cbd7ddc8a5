"""Brings the database of script/server up to date: migrations, the register, the demonstration data.

One process for all three, since starting Django takes longer than a second run of any of them:
`python -m policytracker.serving.filling LOG`. Progress goes to the terminal, what the commands say to the
log.
"""

import sys
import time
from pathlib import Path

import django
from django.core.management import call_command

STEPS: list[tuple[str, str, dict[str, bool]]] = [
    ("Migrating the database", "migrate", {"interactive": False}),
    ("Loading the register", "load_register", {}),
    ("Loading the demonstration data", "load_demo", {}),
]


def fill(log: Path) -> None:
    """Run the three commands; what one raises goes through to the caller."""
    django.setup()
    with log.open("a", encoding="utf-8") as output:
        for doing, command, options in STEPS:
            started = time.monotonic()
            print(f"  {doing} …", end="", flush=True)
            output.write(f"$ manage.py {command}\n")
            output.flush()
            call_command(command, stdout=output, **options)
            print(f" {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    try:
        fill(Path(sys.argv[1]))
    except BaseException:
        print(flush=True)  # the progress line ends before the reason
        raise
