"""What people changed about a municipality's coverage and policies, read from the history of the triggers."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from django.db import models
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import Role
from municipalities.coverage import Coverage
from municipalities.models import CoverageStatement, PolicyParticipation, SafetyPolicy
from policytracker.choices import label
from policytracker.dates import local_day
from policytracker.prepared import Statement, numbered

STATEMENT, PARTICIPATION, POLICY = "statement", "participation", "policy"
INSERT = "insert"

# One statement for three tables of events. Written as SQL because it is the same for every municipality,
# while Django would put it together anew for each page. What superseding and reading the sources leave behind
# is no change that a person made, so it is not asked for.
EVENTS = Statement(
    "prepared_history",
    """
SELECT kind, object, label, moment, author.name, author.role,
    author.is_demonstration, data FROM (
    SELECT 'statement' AS kind, pgh_obj_id AS object, pgh_id AS number, pgh_label AS label,
        CASE pgh_label WHEN 'insert' THEN stated_at ELSE reviewed_at END AS moment,
        CASE pgh_label WHEN 'insert' THEN stated_by_id ELSE reviewed_by_id END AS author_id,
        jsonb_build_object('value', value, 'review', review, 'question', question) AS data
    FROM municipalities_coveragestatementevent
    WHERE municipality_id = %(municipality)s AND (pgh_label = 'insert' OR review <> 'unreviewed')
    UNION ALL
    SELECT 'participation', event.pgh_obj_id, event.pgh_id, event.pgh_label, event.decided_at,
        event.decided_by_id,
        jsonb_build_object('title', policy.title, 'status', event.status)
    FROM municipalities_policyparticipationevent event
    JOIN municipalities_safetypolicy policy ON policy.id = event.policy_id
    WHERE event.municipality_id = %(municipality)s AND event.status <> 'proposed'
    UNION ALL
    SELECT 'policy', event.pgh_obj_id, event.pgh_id, event.pgh_label, event.pgh_created_at,
        (context.metadata ->> 'user')::bigint,
        jsonb_build_object('title', event.title, 'kind', event.kind, 'starts_on', event.starts_on,
            'ends_on', event.ends_on, 'adopted_on', event.adopted_on, 'theme_seen', event.theme_seen)
    FROM municipalities_safetypolicyevent event
    LEFT JOIN pghistory_context context ON context.id = event.pgh_context_id
    WHERE event.pgh_obj_id IN (
        SELECT policy_id FROM municipalities_policyparticipation
        WHERE municipality_id = %(municipality)s AND status = 'confirmed'
    )
) AS event
LEFT JOIN accounts_user author ON author.id = event.author_id
ORDER BY moment, number
""",
    {"municipality": numbered(1)},
)


class Event(NamedTuple):
    """What one row was after one write."""

    kind: str
    object: int
    verb: str
    moment: dt.datetime
    author: str | None
    role: str | None
    is_invented: bool | None
    data: dict[str, Any]


@dataclass(frozen=True)
class Change:
    """What a person changed: when, who, and from what to what."""

    when: dt.datetime
    who: str
    is_invented: bool
    what: str
    before: str
    after: str
    why: str = ""

    @property
    def day(self) -> dt.date:
        """The day in the Netherlands on which it happened."""
        return local_day(self.when)


def changes(municipality_id: int, *, with_names: bool, limit: int) -> list[Change]:
    """The latest changes, the newest first, in one query; without names each author is known by role only."""
    events = [Event._make((*row[:-1], json.loads(row[-1]))) for row in EVENTS.run([municipality_id])]
    return list(told(events, with_names=with_names))[::-1][:limit]


def told(events: Iterable[Event], *, with_names: bool) -> Iterator[Change]:
    """The changes in words, in the order of the events; an event that changed nothing tells nothing."""
    known: dict[tuple[str, int], dict[str, Any]] = {}
    stated = Coverage.UNKNOWN.value
    for event in events:
        before = known.get((event.kind, event.object), {})
        known[event.kind, event.object] = event.data
        if event.kind == STATEMENT and event.verb == INSERT:
            differences = [(_("Coverage"), label(Coverage, stated), label(Coverage, event.data["value"]))]
            stated = event.data["value"]
        else:
            differences = list(DIFFERENCES[event.kind](before, event.data, event.verb))
        for what, was, became in differences:
            yield Change(
                when=event.moment,
                who=author_of(event, with_names=with_names),
                is_invented=bool(event.is_invented),
                what=what,
                before=was,
                after=became,
                why=event.data.get("question", "") if event.verb != INSERT else "",
            )


def author_of(event: Event, *, with_names: bool) -> str:
    """Who did it; the register's own files where no person did."""
    if event.author is None or event.role is None:
        return _("the register's own files")
    return event.author if with_names else label(Role, event.role)


Difference = tuple[str, str, str]
Data = dict[str, Any]


def review_difference(before: Data, after: Data, verb: str) -> Iterator[Difference]:
    """VNG looked at the statement."""
    was = before.get("review", CoverageStatement.Review.UNREVIEWED)
    if after["review"] != was:
        review = CoverageStatement.Review
        yield _("Review of the statement"), label(review, was), label(review, after["review"])


def participation_difference(before: Data, after: Data, verb: str) -> Iterator[Difference]:
    """The municipality said whether a policy is its own."""
    if after["status"] != before.get("status"):
        status = PolicyParticipation.Status
        was = before.get("status") or (None if verb == INSERT else status.PROPOSED)
        what = _("Policy “%(title)s”") % {"title": after["title"]}
        yield (
            what,
            label(status, was) or _("not in the register"),
            label(status, after["status"]),
        )


def policy_difference(before: Data, after: Data, verb: str) -> Iterator[Difference]:
    """Somebody corrected what is known of a policy."""
    if verb == INSERT:
        return
    for name, value in after.items():
        if name in before and value != before[name]:
            field = cast("models.Field[Any, Any]", SafetyPolicy._meta.get_field(name))
            what = _("%(field)s of “%(title)s”") % {
                "field": capfirst(field.verbose_name),
                "title": after["title"],
            }
            yield what, shown(field, before[name]), shown(field, value)


def shown(field: "models.Field[Any, Any]", value: str | None) -> str:
    """A value of a policy's field in words."""
    if not value:
        return _("nothing")
    if isinstance(field, models.DateField):
        return date_format(dt.date.fromisoformat(value))
    return str(dict(field.flatchoices).get(value, value))


DIFFERENCES: dict[str, Callable[[Data, Data, str], Iterator[Difference]]] = {
    STATEMENT: review_difference,
    PARTICIPATION: participation_difference,
    POLICY: policy_difference,
}
