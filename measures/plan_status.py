"""The states of an action plan: which may follow which, and who may say so."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from measures.models import ActionPlan
from measures.models.plan import PLAN_STATES
from measures.permissions import may_write_plans

Status = ActionPlan.Status

DELETED = "deleted"  # no status, but a way out: of a draft nothing stays but its history

# From what to what, and who may. What is superseded stays as it is: nothing leads out of there.
TRANSITIONS: dict[tuple[str, str], Callable[[User], bool]] = {
    (Status.DRAFT, Status.ADOPTED): may_write_plans,
    (Status.DRAFT, DELETED): may_write_plans,
    (Status.ADOPTED, Status.SUPERSEDED): may_write_plans,  # by adopting the next version, in no other way
}

# Why not, where more can be said than that it cannot be.
WHY_NOT: dict[tuple[str, str], str | Promise] = {
    (Status.ADOPTED, Status.ADOPTED): gettext_lazy("This plan has been adopted already."),
    (Status.ADOPTED, DELETED): gettext_lazy(
        "An adopted plan is kept. Make a new version of it, or let it expire."
    ),
}


class Refusal(Exception):
    """This cannot be done with the plan as it is; nothing was written. It says why, for a person."""

    def __init__(self, plan: ActionPlan, why: str) -> None:
        super().__init__(why)
        self.plan = plan
        self.why = why


def is_allowed(plan: ActionPlan, to: str, *, by: User) -> bool:
    """Whether the plan may go to this state from the one that it is in."""
    may = TRANSITIONS.get((plan.status, to))
    return may is not None and may(by)


def check(plan: ActionPlan, to: str, *, by: User) -> None:
    """Refuse unless the plan may go to this state from the one that it is in.

    Raises:
        Refusal: when it may not.
    """
    if not is_allowed(plan, to, by=by):
        told = _("A plan with the status “%(status)s” cannot get the status “%(to)s”.")
        words = {"status": plan.get_status_display(), "to": PLAN_STATES.get(to, _("deleted"))}
        raise Refusal(plan, str(WHY_NOT.get((plan.status, to), told % words)))


def check_holds(plan: ActionPlan) -> None:
    """Refuse unless the plan was adopted and has not expired.

    Raises:
        Refusal: when it does not hold.
    """
    if plan.state() != Status.ADOPTED:
        raise Refusal(plan, _("Only an adopted plan that has not expired can be confirmed."))
