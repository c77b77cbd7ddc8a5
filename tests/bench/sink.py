"""A mail server in a process of its own, that takes everything and counts it.

It prints its port, and the number of messages it has accepted for every line it reads.
"""

import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from policytracker.serving.environment import free_ports

HOST = "127.0.0.1"


class Counter:
    """Accepts every message and keeps none."""

    def __init__(self) -> None:
        self.accepted = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.accepted += 1
        return "250 accepted"


def main() -> None:
    """Listen until the input ends."""
    counter = Counter()
    (port,) = free_ports(1)
    controller = Controller(counter, hostname=HOST, port=port, ready_timeout=10)
    controller.start()
    print(port, flush=True)
    for _line in sys.stdin:
        print(counter.accepted, flush=True)
    controller.stop()


if __name__ == "__main__":
    main()
