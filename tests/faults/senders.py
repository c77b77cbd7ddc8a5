"""Forks senders: one process for each line, which sends what waits over and over until it is killed.

So that a test need not wait long for what a killed sender had claimed, claims age in seconds here, and what a
sender claims at once is as much less.
"""

import datetime as dt
import os
import signal
import sys
import time

import django

CLAIM_LASTS, LOOKED_AT_LATELY = dt.timedelta(seconds=4), dt.timedelta(seconds=1)
BATCH = 10


def main() -> None:
    """Fork until there are no more lines; prints the number of each process."""
    django.setup()
    from reminders import sending
    from reminders.models import Message

    Message.CLAIM_LASTS = CLAIM_LASTS
    sending.BATCH, sending.LOOKED_AT_LATELY = BATCH, LOOKED_AT_LATELY
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
    print("ready", flush=True)
    for _line in sys.stdin:
        pid = os.fork()
        while not pid:
            sending.send_waiting()
            time.sleep(0.05)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
