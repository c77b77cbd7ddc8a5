"""The command that loads the register: complete, repeatable, and never over what a person decided."""

import datetime as dt
import threading
from contextlib import contextmanager
from io import StringIO

import pghistory
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation

from evaluations.models import Evaluation, Finding
from measures.models import SupportOffer, TypicalMeasure
from municipalities.models import (
    Contact,
    CoverageStatement,
    GroupMembership,
    Merger,
    Municipality,
    PolicyParticipation,
    Province,
    SafetyPolicy,
)
from policytracker.provenance import Provenance
from tests.factories import ContactFactory, ProvinceFactory, UserFactory
from tests.municipalities.test_register_data import COUNTS
from tests.register_folder import RegisterFolder

TABLES = [
    "provinces",
    "safety regions",
    "police units",
    "municipalities",
    "mergers",
    "parts of mergers",
    "groups of municipalities",
    "memberships of groups",
    "safety policies",
    "participations in safety policies",
    "typical measures",
    "support offers",
    "evaluations",
    "evaluations: municipalities",
    "evaluations: safety regions",
    "evaluations: police units",
    "findings",
]
POLICY = "utrecht-ivp-2019-2022"


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def folder(tmp_path):
    return RegisterFolder(tmp_path)


def load(folder: RegisterFolder | None = None, **options) -> str:
    out = StringIO()
    call_command("load_register", directory=folder and folder.path, stdout=out, **options)
    return out.getvalue()


def numbers(report: str) -> dict[str, tuple[int, ...]]:
    """Added, changed, removed, unchanged and left alone, for each table."""
    found = {}
    for line in report.splitlines()[1:]:
        if line.startswith(tuple(TABLES)):
            name, *rest = line.rsplit(maxsplit=5)
            found[name] = tuple(map(int, rest))
    return found


def left_alone(report: str) -> list[str]:
    return [line.strip() for line in report.partition("Left alone:\n")[2].splitlines() if line.strip()]


@contextmanager
def a_person():
    """What happens inside is written down as a person's doing, as the middleware does for a request."""
    with pghistory.context(user=1, url="/beheer/"):
        yield


@pytest.fixture
def loaded(db):
    return load()


def test_the_first_load_adds_everything_and_says_so(loaded):
    counted = numbers(loaded)
    assert list(counted) == TABLES
    assert {name: added for name, (added, *_) in counted.items()} == {
        "provinces": 12,
        "safety regions": 25,
        "police units": 10,
        "municipalities": 426,
        "mergers": 34,
        "parts of mergers": 92,
        "groups of municipalities": 2,
        "memberships of groups": 45,
        "safety policies": 252,
        "participations in safety policies": 1111,
        "typical measures": 40,
        "support offers": 55,
        "evaluations": 26,
        "evaluations: municipalities": 7,
        "evaluations: safety regions": 2,
        "evaluations: police units": 1,
        "findings": 81,
    }
    assert not any(number for _, *rest in counted.values() for number in rest)
    assert left_alone(loaded) == []


def test_the_register_as_it_was_on_each_day(loaded):
    assert {
        day: Municipality.objects.in_register(on=dt.date.fromisoformat(day)).count() for day in COUNTS
    } == COUNTS
    assert Municipality.objects.in_register(on=dt.date(2026, 11, 24)).count() == 342


def test_search_finds_a_municipality_however_it_is_typed(loaded):
    expected = {
        "sudwest": "Súdwest-Fryslân",
        "den bosch": "'s-Hertogenbosch",
        "s-hertogenbosch": "'s-Hertogenbosch",
        "’s-Hertogenbosch": "'s-Hertogenbosch",
        "GM0344": "Utrecht",
        "gm0344": "Utrecht",
        "den haag": "'s-Gravenhage",
        "noordoost friesland": "Noardeast-Fryslân",
    }
    found = {
        text: ", ".join(municipality.name for municipality in Municipality.objects.in_register().search(text))
        for text in expected
    }
    assert found == expected


def test_search_finds_an_ended_municipality_where_the_past_is_asked_for(loaded):
    found = Municipality.objects.in_register(on=dt.date(2018, 12, 31)).search("leerdam").get()
    assert found.province.name == "Zuid-Holland"
    assert not Municipality.objects.in_register().search("leerdam")


def test_content_is_a_proposal_from_a_public_source_and_never_a_statement(loaded):
    for model in (SafetyPolicy, TypicalMeasure, SupportOffer, Evaluation, Finding):
        assert set(model.objects.values_list("provenance", flat=True)) == {Provenance.PUBLIC_SOURCE}
        assert not model.objects.filter(source_seen_on=None).exists()
    assert set(PolicyParticipation.objects.values_list("status", flat=True)) == {"proposed"}
    assert not CoverageStatement.objects.exists()
    assert not Municipality.objects.covered().exists()
    assert Municipality.objects.in_register().without_radicalisation_policy().count() == 342


def test_a_policy_has_the_days_and_participants_of_its_row(loaded):
    policy = SafetyPolicy.objects.get(source_key="veere-en-1-ivp-2023-2026")
    assert (policy.starts_on, policy.ends_on) == (dt.date(2023, 1, 1), dt.date(2026, 12, 31))
    assert (policy.adopted_on, policy.published_in_force_on) == (dt.date(2023, 4, 13), dt.date(2023, 4, 18))
    assert set(policy.participants.values_list("name", flat=True)) == {"Veere", "Vlissingen"}


def test_the_planned_merger_waits_for_a_person(loaded):
    merger = Merger.objects.get(status=Merger.Status.PLANNED)
    assert merger.effective_on == dt.date(2027, 1, 1)
    assert Municipality.objects.in_register(on=dt.date(2027, 1, 1)).count() == 342


def test_the_history_says_that_the_load_wrote_it(loaded):
    events = pghistory.models.Events.objects.tracks(Municipality.objects.get(code="GM0344"))
    assert [event.pgh_context["reason"] for event in events] == ["load_register"]


def test_the_second_load_changes_nothing_in_few_queries(loaded, django_assert_max_num_queries):
    before = _number_of_events()
    with django_assert_max_num_queries(60):
        report = load()
    assert _number_of_events() == before
    first = numbers(loaded)
    assert numbers(report) == {name: (0, 0, 0, first[name][0], 0) for name in TABLES}


def _number_of_events() -> int:
    return sum(model._default_manager.count() for model in pghistory.core.event_models())


def test_a_changed_source_is_followed(loaded, folder):
    folder.change("municipalities.csv", "GM0344", population="376000", population_year="2025")
    folder.change("municipalities.csv", "GM0518", other_names="Den Haag;The Hague")
    folder.change("safety_policies.csv", POLICY, title="Een nieuwe titel", ends_year="2023")
    folder.change("findings.csv", "aef-2018-lse-01", text_nl="Een nieuwe tekst.")
    folder.change("evaluations.csv", "rug-2022-noord", codes="RE01;RE02")
    report = numbers(load(folder))
    assert report["municipalities"] == (0, 2, 0, 424, 0)
    assert report["safety policies"] == (0, 1, 0, 251, 0)
    assert report["findings"] == (0, 1, 0, 80, 0)
    assert report["evaluations: police units"] == (1, 0, 0, 1, 0)
    assert Municipality.objects.get(code="GM0344").population == 376_000
    assert Municipality.objects.search("the hague").get().code == "GM0518"
    policy = SafetyPolicy.objects.get(source_key=POLICY)
    assert (policy.title, policy.ends_on) == ("Een nieuwe titel", dt.date(2023, 12, 31))


def test_a_new_merger_in_the_files_ends_and_begins_municipalities(loaded, folder):
    folder.change("mergers.csv", "2027-01-01-hilversum", status="effected")
    folder.change("municipalities.csv", "GM1696", valid_until="2027-01-01")
    load(folder)
    assert Municipality.objects.in_register(on=dt.date(2026, 12, 31)).count() == 342
    assert Municipality.objects.in_register(on=dt.date(2027, 1, 1)).count() == 341


def test_a_merger_that_a_person_confirmed_stays_confirmed(loaded):
    with a_person():
        Merger.objects.filter(status=Merger.Status.PLANNED).update(status=Merger.Status.EFFECTED)
        Municipality.objects.filter(code="GM1696").update(valid_until=dt.date(2027, 1, 1))
    report = load()
    assert Municipality.objects.get(code="GM1696").valid_until == dt.date(2027, 1, 1)
    assert Merger.objects.filter(status=Merger.Status.PLANNED).count() == 0
    assert left_alone(report) == [
        "municipalities: GM1696 (exists until: changed by a person)",
        "mergers: 2027-01-01-hilversum (status: changed by a person)",
    ]


def _answer(policy: SafetyPolicy, code: str, status: str) -> PolicyParticipation:
    participation = PolicyParticipation.objects.get(policy=policy, municipality__code=code)
    participation.status = status
    participation.decided_by = UserFactory()
    participation.decided_at = timezone.now()
    with a_person():
        participation.save(update_fields=["status", "decided_by", "decided_at"])
    return participation


def test_a_policy_that_an_officer_answered_is_left_as_the_officer_saw_it(loaded, folder):
    policy = SafetyPolicy.objects.get(source_key=POLICY)
    participation = _answer(policy, "GM0344", "confirmed")
    folder.change("safety_policies.csv", POLICY, title="Een andere titel")
    report = load(folder)
    participation.refresh_from_db()
    assert participation.status == "confirmed"
    assert SafetyPolicy.objects.get(source_key=POLICY).title == policy.title
    assert numbers(report)["safety policies"] == (0, 0, 0, 251, 1)
    assert left_alone(report) == [f"safety policies: {POLICY} (title: a municipality answered the proposal)"]


def test_a_field_that_a_person_corrected_is_left_and_the_others_are_followed(loaded, folder):
    with a_person():
        SafetyPolicy.objects.filter(source_key=POLICY).update(title="Verbeterd door een beheerder")
    folder.change("safety_policies.csv", POLICY, title="Een andere titel", source_note="Anders gezien.")
    report = load(folder)
    policy = SafetyPolicy.objects.get(source_key=POLICY)
    assert policy.title == "Verbeterd door een beheerder"
    assert policy.source_note == "Anders gezien."
    assert numbers(report)["safety policies"] == (0, 1, 0, 251, 1)
    assert left_alone(report) == [f"safety policies: {POLICY} (title: changed by a person)"]


def test_what_was_taken_over_from_the_public_source_is_left_altogether(loaded, folder):
    with a_person():
        SafetyPolicy.objects.filter(source_key=POLICY).update(provenance=Provenance.MUNICIPALITY)
    folder.change("safety_policies.csv", POLICY, title="Een andere titel", municipalities="GM0363")
    report = load(folder)
    policy = SafetyPolicy.objects.get(source_key=POLICY)
    assert policy.title != "Een andere titel"
    assert [municipality.code for municipality in policy.participants.all()] == ["GM0344"]
    assert left_alone(report) == [f"safety policies: {POLICY} (title: taken over by a person)"]


def test_what_a_person_deleted_does_not_come_back(loaded):
    with a_person():
        SupportOffer.objects.get(source_key="forsa").delete()
        SafetyPolicy.objects.get(source_key=POLICY).delete()
        Evaluation.objects.get(source_key="insp-2017-actieprogramma").delete()
    report = load()
    assert not SupportOffer.objects.filter(source_key="forsa").exists()
    assert not SafetyPolicy.objects.filter(source_key=POLICY).exists()
    assert Finding.objects.count() == 81 - 12
    assert {
        f"safety policies: {POLICY} (deleted by a person)",
        "support offers: forsa (deleted by a person)",
        "evaluations: insp-2017-actieprogramma (deleted by a person)",
    } == set(left_alone(report))


def test_a_participant_that_the_source_drops_goes_unless_it_answered(loaded, folder):
    shared = "veere-en-1-ivp-2023-2026"
    folder.change("safety_policies.csv", shared, municipalities="GM0718")
    _answer(SafetyPolicy.objects.get(source_key="barneveld-en-2-ivp-2024-2027"), "GM0203", "declined")
    folder.change("safety_policies.csv", "barneveld-en-2-ivp-2024-2027", municipalities="GM0267")
    report = load(folder)
    assert numbers(report)["participations in safety policies"] == (0, 0, 2, 1108, 1)
    assert left_alone(report) == [
        "participations in safety policies: barneveld-en-2-ivp-2024-2027, GM0203 "
        "(not in the files, but a person had a hand in it)"
    ]
    assert PolicyParticipation.objects.get(policy__source_key=shared).municipality.code == "GM0718"
    load()
    assert PolicyParticipation.objects.filter(policy__source_key=shared).count() == 2


def test_what_the_files_no_longer_name_is_kept_and_said(loaded, folder):
    folder.remove("support_offers.csv", "forsa")
    report = load(folder)
    assert SupportOffer.objects.filter(source_key="forsa").exists()
    assert left_alone(report) == ["support offers: forsa (not in the files)"]


def test_a_membership_keeps_its_row_when_its_day_is_corrected_and_its_end_when_a_person_gave_it(
    loaded, folder
):
    membership = GroupMembership.objects.get(municipality__code="GM0361")
    folder.change("group_members.csv", "g40", since="2011-03-01")
    load(folder)
    membership.refresh_from_db()
    assert membership.since == dt.date(2011, 3, 1)
    with a_person():
        GroupMembership.objects.filter(pk=membership.pk).update(until=dt.date(2026, 1, 1))
    report = load(folder)
    membership.refresh_from_db()
    assert membership.until == dt.date(2026, 1, 1)
    assert left_alone(report) == ["memberships of groups: g40, GM0361, 1 (until: changed by a person)"]


def test_contacts_and_account_managers_are_no_part_of_the_files(loaded):
    municipality = Municipality.objects.get(code="GM0344")
    manager = UserFactory(vng=True)
    Municipality.objects.filter(pk=municipality.pk).update(account_manager=manager)
    contact = ContactFactory(municipality=municipality)
    load()
    municipality.refresh_from_db()
    assert municipality.account_manager == manager
    assert Contact.objects.get() == contact


def test_a_dry_run_reports_and_writes_nothing(db):
    report = load(dry_run=True)
    assert numbers(report)["municipalities"] == (426, 0, 0, 0, 0)
    assert report.rstrip().endswith("This was a trial: nothing was written.")
    assert not Municipality.objects.exists()
    assert _number_of_events() == 0


BROKEN = {
    "missing file": lambda folder: (folder.path / "findings.csv").unlink(),
    "missing column": lambda folder: folder.remove_column("support_offers.csv", "kind"),
    "wrong encoding": lambda folder: (folder.path / "provinces.csv").write_bytes(
        (folder.path / "provinces.csv").read_text(encoding="utf-8").encode("latin-1")
    ),
    "duplicate code": lambda folder: folder.change("safety_regions.csv", "VR02", code="VR01", name="Twee"),
    "unknown municipality": lambda folder: folder.change(
        "safety_policies.csv", POLICY, municipalities="GM9999"
    ),
    "date out of range": lambda folder: folder.change(
        "mergers.csv", "2022-03-24-amsterdam", effective_on="1922-03-24"
    ),
    "overlapping period": lambda folder: folder.add(
        "group_members.csv", group="g4", municipality="GM0363", since="2020-01-01"
    ),
    "unknown choice": lambda folder: folder.change("typical_measures.csv", "meld-en-adviespunt", phase="x"),
    "no number": lambda folder: folder.change("municipalities.csv", "GM0344", population="many"),
}
SAID = {
    "missing file": ("findings.csv", "", "The file is not there or cannot be read."),
    "missing column": ("support_offers.csv", "1  kind", "The column is missing."),
    "wrong encoding": (
        "provinces.csv",
        "3 ",
        "This is not UTF-8 text; save the file with the encoding UTF-8.",
    ),
    "duplicate code": ("safety_regions.csv", "3  code", "“VR01” occurs twice; first in row 2."),
    "unknown municipality": (
        "safety_policies.csv",
        "municipalities",
        "“GM9999” is not known in the register.",
    ),
    "date out of range": ("mergers.csv", "effective_on", "1922-03-24 lies outside 2014-12-31 to"),
    "overlapping period": ("group_members.csv", "47  since", "The period overlaps the one in row 2."),
    "unknown choice": ("typical_measures.csv", "6  phase", "“x” is not one of: prevention,"),
    "no number": ("municipalities.csv", "population", "“many” is not a number."),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_explained_and_nothing_is_written(db, folder, kind):
    BROKEN[kind](folder)
    with pytest.raises(CommandError) as refused:
        load(folder)
    assert refused.value.returncode == 1
    lines = str(refused.value).splitlines()
    assert "nothing was written" in lines[0]
    assert lines[2].split() == ["File", "Row", "Field", "Problem"]
    file, place, message = SAID[kind]
    assert any(line.startswith(file) and place in line and message in line for line in lines[3:]), lines
    assert not Province.objects.exists()


def test_a_broken_file_leaves_a_loaded_register_as_it_was(loaded, folder):
    folder.change("municipalities.csv", "GM0363", name="Mokum")
    folder.change("findings.csv", "aef-2018-lse-01", kind="praise")
    before = _number_of_events()
    with pytest.raises(CommandError, match="1 problem in the files; nothing was written"):
        load(folder)
    assert _number_of_events() == before
    assert Municipality.objects.get(code="GM0363").name == "Amsterdam"


def test_files_that_do_not_fit_what_is_there_change_nothing(db):
    ProvinceFactory(code="PV99", name="Groningen")
    with pytest.raises(CommandError, match="Nothing was written: the files do not fit"):
        load()
    assert Province.objects.count() == 1


def test_a_folder_that_does_not_exist_is_named(db, tmp_path):
    with pytest.raises(CommandError, match=r"There is no folder .*nowhere"):
        call_command("load_register", directory=tmp_path / "nowhere")


@pytest.mark.django_db(transaction=True)
def test_two_loads_at_once_load_everything_once():
    reports: list[str] = []

    def one() -> None:
        try:
            with translation.override("en"):
                reports.append(load())
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers(report)["municipalities"] for report in reports) == [
        (0, 0, 0, 426, 0),
        (426, 0, 0, 0, 0),
    ]
    assert Municipality.objects.count() == 426
