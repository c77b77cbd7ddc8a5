"""The board of one municipality: its measures in columns by how far they are."""

from collections.abc import Iterable
from typing import NamedTuple

from accounts.models import User
from measures.measure_list import Entry
from measures.measure_status import Status, Step, steps
from policytracker.choices import label


class Card(NamedTuple):
    """A measure on the board, with the steps that it may take."""

    entry: Entry
    steps: list[Step]


class Column(NamedTuple):
    """The measures of one status."""

    status: str
    label: str
    cards: list[Card]


def columns(entries: Iterable[Entry], *, by: User, with_drafts: bool) -> list[Column]:
    """The measures in the columns of their status; the drafts have one where the user may change them."""
    statuses = [status for status in Status if with_drafts or status != Status.DRAFT]
    found: dict[str, list[Card]] = {status: [] for status in statuses}
    for entry in entries:
        found[entry.status].append(Card(entry, steps(entry.status, by=by) if entry.is_editable else []))
    return [Column(status, label(Status, status), cards) for status, cards in found.items()]
