"""How far a measure is: which status may follow which, and who may say so."""

from collections.abc import Callable
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from measures.models import Measure
from municipalities.permissions import may_write

Status = Measure.Status

DELETED = "deleted"  # no status, but a way out: of a draft nothing stays


class Transition(NamedTuple):
    """What the button says that makes the change, and who may press it."""

    label: str | Promise
    may: Callable[[User], bool]


START = Transition(gettext_lazy("Begin the measure"), may_write)
FINISH = Transition(gettext_lazy("Report as done"), may_write)
STOP = Transition(gettext_lazy("Stop the measure"), may_write)
RESUME = Transition(gettext_lazy("Take up again"), may_write)

# From what to what.
TRANSITIONS: dict[str, dict[str, Transition]] = {
    Status.DRAFT: {
        Status.PLANNED: Transition(gettext_lazy("Put in the plan"), may_write),
        DELETED: Transition(gettext_lazy("Delete"), may_write),
    },
    Status.PLANNED: {Status.IN_PROGRESS: START, Status.DONE: FINISH, Status.STOPPED: STOP},
    Status.IN_PROGRESS: {
        Status.DONE: FINISH,
        Status.STOPPED: STOP,
        Status.PLANNED: Transition(gettext_lazy("Back to planned"), may_write),
    },
    Status.DONE: {Status.IN_PROGRESS: RESUME},
    Status.STOPPED: {
        Status.IN_PROGRESS: RESUME,
        Status.PLANNED: Transition(gettext_lazy("Plan again"), may_write),
    },
}


class Step(NamedTuple):
    """A status that a measure may get now, and what the button to it says."""

    status: str
    label: str | Promise
    needs_reason: bool


class IllegalTransition(Exception):
    """A measure cannot get this status from the one that it has; nothing was written."""

    def __init__(self, measure: Measure, to: str) -> None:
        super().__init__(f"{measure.pk}: {measure.status} → {to}")
        self.measure = measure
        self.to = to

    def in_words(self) -> str:
        """What a person reads."""
        told = _("“%(title)s” is %(status)s. From there it cannot become %(to)s.")
        to = _("deleted") if self.to == DELETED else Status(self.to).label
        return told % {"title": self.measure, "status": self.measure.get_status_display(), "to": to}


def is_allowed(measure: Measure, to: str, *, by: User) -> bool:
    """Whether the measure may get the status from the one that it has."""
    transition = TRANSITIONS[measure.status].get(to)
    return transition is not None and transition.may(by)


def check(measure: Measure, to: str, *, by: User) -> None:
    """Raise `IllegalTransition` unless the measure may get the status."""
    if not is_allowed(measure, to, by=by):
        raise IllegalTransition(measure, to)


def steps(status: str, *, by: User) -> list[Step]:
    """The statuses that may follow, in the order of their buttons."""
    return [
        Step(to, transition.label, needs_reason=to == Status.STOPPED)
        for to, transition in TRANSITIONS[status].items()
        if to != DELETED and transition.may(by)
    ]
