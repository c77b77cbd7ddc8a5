"""What the reminders of a list are about, by name: the measure, the safety policy, the theme of a finding."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from evaluations.models import Finding, FollowUp
from measures.models import Measure
from municipalities.models import SafetyPolicy
from reminders.models import Rule

Subjects = dict[tuple[str, int], str]
"""The name of what a reminder is about, by its rule and its `about`."""

NAMES: dict[str, QuerySet[Any, tuple[int, str]]] = {
    Rule.POLICY_ENDS: SafetyPolicy.objects.order_by().values_list("pk", "title"),
    Rule.MEASURE_DUE: Measure.objects.order_by().values_list("pk", "title"),
    Rule.FINDING_UNANSWERED: FollowUp.objects.order_by().values_list("pk", "finding__theme"),
}


def subjects(asked: Iterable[tuple[str, int | None]]) -> Subjects:
    """The names for these pairs of a rule and an `about`, in one query for each rule that is about things."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for rule, about in asked:
        if about is not None and rule in NAMES:
            wanted[rule].add(about)
    return {
        (rule, pk): str(Finding.Theme(name).label) if rule == Rule.FINDING_UNANSWERED else name
        for rule, keys in wanted.items()
        for pk, name in NAMES[rule].filter(pk__in=keys)
    }
