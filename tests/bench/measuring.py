"""Timing pages against the floor, so that what else the machine does counts for both."""

import http.client
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.bench.pages import FLOOR, Page
from tests.bench.server import Answer, BenchError, Client, Server

WARM_UP = 6  # requests a page, so that both workers have seen it


@dataclass
class Timing:
    """What was measured of one page."""

    page: Page
    size: int
    counts: list[int] = field(default_factory=list)  # queries
    milliseconds: list[float] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)

    @property
    def queries(self) -> int:
        """How many queries a request takes; now and then one takes more, to renew what its worker keeps."""
        return statistics.mode(self.counts)

    @property
    def median(self) -> float:
        """The time that half of the requests stayed below."""
        return statistics.median(self.milliseconds)

    @property
    def p95(self) -> float:
        """The time that 95 in 100 requests stayed below."""
        return sorted(self.milliseconds)[max(0, round(0.95 * len(self.milliseconds)) - 1)]

    @property
    def times_floor(self) -> float:
        """How many times the floor the page took: the median of each round's own ratio."""
        return statistics.median(
            taken / floor for taken, floor in zip(self.milliseconds, self.floors, strict=True)
        )


def measure(
    server: Server, pages: Iterable[Page], password: str, *, rounds: int
) -> tuple[list[Timing], Timing]:
    """Time every page and the floor in turn, round after round. Returns the pages' timings and the floor's.

    Raises:
        BenchError: when a page does not answer well.
    """
    pages = list(pages)
    clients: dict[str, Client] = {}
    for user in dict.fromkeys(page.user for page in pages):
        clients[user] = server.client()
        clients[user].log_in(user, password)
    timings = []
    for page in pages:
        for _request in range(WARM_UP):
            answer = _ask(clients[page.user], page.path)
        timings.append(Timing(page, answer.size))
    floor_page = Page("floor", pages[0].user, FLOOR)
    floor = Timing(floor_page, _ask(clients[floor_page.user], FLOOR).size)
    for _round in range(rounds):
        for timing in timings:
            client = clients[timing.page.user]
            before, answer, after = (_ask(client, path) for path in (FLOOR, timing.page.path, FLOOR))
            timing.counts.append(answer.queries)
            timing.milliseconds.append(answer.milliseconds)
            timing.floors.append((before.milliseconds + after.milliseconds) / 2)
            floor.counts += [before.queries, after.queries]
            floor.milliseconds += [before.milliseconds, after.milliseconds]
    floor.floors = floor.milliseconds
    return timings, floor


def _ask(client: Client, path: str) -> Answer:
    answer, _text = client.ask(path)
    if answer.status != http.client.OK:
        raise BenchError(f"{path} answers {answer.status}.")
    return answer
