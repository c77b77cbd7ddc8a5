"""On the real register the demonstration shows what the evaluations saw: differences in size, and trends."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count
from pytest_django import DjangoDbBlocker

from dashboards.figures import standing, waiting_for_vng
from measures.models import ActionPlan, Measure, SupportOffer, SupportUse
from municipalities.coverage import Coverage
from municipalities.models import Contact, CoverageStatement, Municipality, SafetyPolicy
from policytracker.provenance import Provenance

DAY = dt.date(2026, 11, 24)


@pytest.fixture(scope="module", autouse=True)
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The real register with its demonstration, loaded once for the tests of this file, which only read."""
    patch = pytest.MonkeyPatch()
    patch.setenv("DEMO_PASSWORD", "kersenboom-87-fiets")
    day = time_machine.travel(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC))
    with django_db_blocker.unblock(), day, transaction.atomic():
        call_command("load_register", stdout=StringIO())
        call_command("load_demo", stdout=StringIO())
        yield
        transaction.set_rollback(True)
    patch.undo()


def test_every_municipality_is_there_and_nothing_real_is_touched() -> None:
    assert Municipality.objects.in_register(on=DAY).count() == 342
    assert SafetyPolicy.objects.published().count() == 252
    assert not SafetyPolicy.objects.published().exclude(participations__status="proposed").exists()
    assert not CoverageStatement.objects.exclude(provenance=Provenance.DEMONSTRATION).exists()


def test_large_municipalities_are_mostly_covered_and_many_small_ones_are_not() -> None:
    shares = [share.percentage or 0 for share in standing(DAY).by_size.values()]
    assert shares == sorted(shares)
    assert shares[0] < 35
    assert shares[-1] > 80


def test_every_answer_occurs() -> None:
    counts = standing(DAY).by_coverage
    assert all(counts.values()), counts
    assert counts[Coverage.UNKNOWN] > 40
    overdue = Municipality.objects.with_coverage(on=DAY).filter(
        coverage=Coverage.IN_PREPARATION, statement__expected_on__lt=DAY
    )
    assert overdue.exists()


def test_over_the_years_more_municipalities_are_covered() -> None:
    shares = [standing(dt.date(year, 12, 1)).covered.percentage or 0 for year in (2015, 2018, 2021, 2025)]
    assert shares == sorted(shares)
    assert shares[-1] > 3 * shares[0]


def test_measures_shift_to_early_detection_and_become_structural() -> None:
    shares = []
    for years in ((2015, 2018), (2023, 2026)):
        measures = Measure.objects.filter(plan__starts_on__year__range=years)
        phases, embedding = (
            Counter(dict(measures.order_by().values_list(name).annotate(Count("pk"))))
            for name in ("phase", "embedding")
        )
        assert phases.total() > 100
        shares.append((phases["early_detection"] / phases.total(), embedding["structural"] / phases.total()))
    (detection_then, structural_then), (detection_now, structural_now) = shares
    assert detection_now > detection_then + 0.1
    assert structural_now > structural_then + 0.1


def test_there_is_work_for_vng() -> None:
    [waiting] = waiting_for_vng(DAY)
    assert 5 < waiting.to_review < 60
    assert 5 < waiting.without_contact < 30
    assert CoverageStatement.objects.in_force(on=DAY).filter(review="returned").exists()
    assert Measure.objects.late(on=DAY).count() > 20
    assert Contact.objects.exclude(unreachable_since=None).exists()


def test_neighbours_have_policies_and_plans_together() -> None:
    for model in (SafetyPolicy.objects.filter(provenance=Provenance.DEMONSTRATION), ActionPlan.objects):
        name = "participations"
        assert model.annotate(number=Count(name)).filter(number__gt=1).exists()


def test_about_a_third_of_the_municipalities_used_support_and_mostly_trainings() -> None:
    users = SupportUse.objects.order_by().values("municipality").distinct().count()
    assert 342 / 4 < users < 342 / 2
    kinds = Counter(SupportUse.objects.values_list("offer__kind", flat=True))
    assert kinds.most_common(1)[0][0] == SupportOffer.Kind.TRAINING
    assert SupportOffer.objects.with_use().filter(staff_total__isnull=False).exists()
    ended = SupportUse.objects.filter(offer__has_ended=True)
    assert ended.exists()
    assert not ended.filter(used_on__year__gte=DAY.year - 2).exists()
