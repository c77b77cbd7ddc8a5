"""Which reminders are kept back for a while: by a pause of VNG, or because a municipality asked for time."""

import datetime as dt
from dataclasses import dataclass, field

from municipalities.models import Municipality
from reminders.models import Hold, Reminder


@dataclass(frozen=True)
class Held:
    """What is kept back on a day. A place is a municipality or None for all, a rule is one or "" for all."""

    on: dt.date
    holds: dict[tuple[int | None, str], Hold] = field(default_factory=dict)

    def hold_of(self, rule: str, municipality_id: int) -> Hold | None:
        """Why the reminders of a rule to a municipality are kept back; None where they are not."""
        for place in (municipality_id, None):
            for which in (rule, ""):
                if hold := self.holds.get((place, which)):
                    return hold
        return None

    def keeps(self, reminder: Reminder) -> bool:
        """Whether a reminder is kept back."""
        return self.hold_of(reminder.rule, reminder.municipality_id) is not None


def held(*, on: dt.date) -> Held:
    """What is kept back on the day, in at most two queries."""
    in_force = list(Hold.objects.in_force(on=on).select_related("municipality", "safety_region", "made_by"))
    regions = {hold.safety_region_id for hold in in_force if hold.safety_region_id is not None}
    members: dict[int | None, list[int]] = {}
    if regions:
        for pk, region in Municipality.objects.filter(safety_region__in=regions).values_list(
            "pk", "safety_region"
        ):
            members.setdefault(region, []).append(pk)
    found: dict[tuple[int | None, str], Hold] = {}
    for hold in in_force:
        places: list[int | None] = [hold.municipality_id]
        if hold.safety_region_id is not None:
            places = list(members.get(hold.safety_region_id, []))
        for place in places:
            found.setdefault((place, hold.rule), hold)
    return Held(on, found)
