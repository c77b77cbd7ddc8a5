"""The page of one municipality, as each role sees it, whatever there is to show."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.test import Client

from municipalities.coverage import Coverage
from municipalities.models import (
    GroupMembership,
    Merger,
    MergerPart,
    Municipality,
    MunicipalityGroup,
    PolicyParticipation,
)
from policytracker.provenance import Provenance
from tests.factories import (
    ActionPlanFactory,
    ContactFactory,
    CoverageStatementFactory,
    FollowUpFactory,
    MeasureFactory,
    MembershipFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
URL = "/gemeenten/GM0344/"
BUTTON = "/gemeenten/GM0344/dekking/"


@pytest.fixture(autouse=True)
def in_english_on_a_day(client: Client) -> Any:
    client.cookies["django_language"] = "en"
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def utrecht() -> Municipality:
    return MunicipalityFactory(code="GM0344", name="Utrecht", population=374_238)


@pytest.fixture
def vng(client: Client, utrecht: Municipality) -> Client:
    client.force_login(UserFactory(vng=True))
    return client


@pytest.fixture
def officer(client: Client, utrecht: Municipality) -> Client:
    client.force_login(MembershipFactory(municipality=utrecht).user)
    return client


@pytest.fixture
def stranger(client: Client, utrecht: Municipality) -> Client:
    """An officer of another municipality."""
    client.force_login(MembershipFactory().user)
    return client


@pytest.fixture
def nctv(client: Client, utrecht: Municipality) -> Client:
    client.force_login(UserFactory(nctv=True))
    return client


def text(response: Any) -> str:
    """What is read, in one line."""
    html = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def section(response: Any, name: str) -> str:
    """The HTML of the section with this heading."""
    html = response.content.decode()
    start = html.index(f'aria-labelledby="{name}"')
    return html[start : html.index("</section>", start)]


class TestAddress:
    def test_a_visitor_gets_the_log_in_page(self, client: Client, utrecht: Municipality) -> None:
        response = client.get(URL)
        assert (response.status_code, response.url) == (302, f"/account/inloggen/?next={URL}")

    @pytest.mark.parametrize("code", ["GM9999", "GM03444", "utrecht", "GM0344%00", "0344"])
    def test_an_unknown_code_is_not_found(self, vng: Client, code: str) -> None:
        assert vng.get(f"/gemeenten/{code}/").status_code == 404

    @pytest.mark.parametrize("code", ["gm0344", "Gm0344"])
    def test_a_code_is_found_however_it_is_typed(self, vng: Client, code: str) -> None:
        response = vng.get(f"/gemeenten/{code}/?peildatum=2025-01-01")
        assert (response.status_code, response.url) == (302, f"{URL}?peildatum=2025-01-01")

    def test_is_where_the_municipality_says(self, utrecht: Municipality) -> None:
        assert utrecht.get_absolute_url() == URL

    def test_nobody_changes_anything_here(self, vng: Client) -> None:
        assert vng.post(URL).status_code == 405


class TestStanding:
    def test_nothing_is_known(self, vng: Client) -> None:
        shown = text(vng.get(URL))
        assert "Unknown The municipality has not stated whether the theme is in its policy." in shown
        assert "The municipality has confirmed no policy that holds on this day." in shown
        assert "No action plan is known of this municipality." in shown
        assert "There are no findings to follow up." in shown
        assert "Nobody has stated or changed anything yet." in shown

    def test_the_evidence(self, vng: Client, utrecht: Municipality) -> None:
        policy = SafetyPolicyFactory(title="IVP 2023–2026", ends_on=dt.date(2026, 12, 31))
        CoverageStatementFactory(
            municipality=utrecht,
            policy=policy,
            page="12–14",
            quotation="Radicalisering is een prioriteit <b>.",
            decided_on=dt.date(2023, 1, 12),
            stated_by__name="Olga",
        )
        shown = text(vng.get(URL))
        for part in (
            "Priority The theme is a priority in the safety policy.",
            "Radicalisering is een prioriteit &lt;b&gt;.",
            "Stands in IVP 2023–2026 until Dec. 31, 2026",
            "Page 12–14",
            "Decision of the council Jan. 12, 2023",
            "Stated Nov. 3, 2025 stated by the municipality, Olga",
            "Review by VNG not reviewed yet",
        ):
            assert part in shown

    @pytest.mark.parametrize(
        ("statement", "meaning"),
        [
            ({"value": Coverage.INCLUDED}, "The theme is part of the safety policy, but not a priority."),
            ({"value": Coverage.SEPARATE_PLAN}, "The theme is in a separate plan of the municipality."),
            ({"value": Coverage.REGIONAL_PLAN}, "The theme is in a plan of the region that counts here."),
            (
                {"value": Coverage.REASONED_NO},
                "A local analysis shows that a policy on the theme is not needed.",
            ),
            (
                {"value": Coverage.IN_PREPARATION},
                "The theme is not in the policy yet; the decision is expected on June 1, 2027.",
            ),
            ({"value": Coverage.ABSENT}, "The theme is not in the safety policy."),
        ],
    )
    def test_what_it_means(self, vng: Client, utrecht: Municipality, statement: Any, meaning: str) -> None:
        CoverageStatementFactory(municipality=utrecht, **statement)
        assert meaning in text(vng.get(URL))

    def test_a_reasoned_no_shows_its_analysis(self, vng: Client, utrecht: Municipality) -> None:
        CoverageStatementFactory(municipality=utrecht, value=Coverage.REASONED_NO, analysis="Nothing\nseen.")
        assert "Nothing seen." in text(vng.get(URL))

    def test_what_lapsed_says_when(self, vng: Client, utrecht: Municipality) -> None:
        policy = SafetyPolicyFactory(ends_on=dt.date(2025, 12, 31))
        CoverageStatementFactory(municipality=utrecht, policy=policy)
        shown = text(vng.get(URL))
        assert "Lapsed The theme was in the policy, but that policy ended on Dec. 31, 2025." in shown

    def test_the_review_with_its_question(self, vng: Client, utrecht: Municipality) -> None:
        CoverageStatementFactory(
            municipality=utrecht,
            review="returned",
            question="On which page?",
            reviewed_by=UserFactory(name="Vera"),
            reviewed_at=dt.datetime(2025, 11, 10, 9, 0, tzinfo=dt.UTC),
        )
        shown = text(vng.get(URL))
        assert "Review by VNG returned with a question Nov. 10, 2025, Vera On which page?" in shown

    def test_what_is_invented_is_marked(self, vng: Client, utrecht: Municipality) -> None:
        CoverageStatementFactory(municipality=utrecht, provenance=Provenance.DEMONSTRATION)
        assert "Priority invented" in text(vng.get(URL))


class TestReferenceDay:
    def test_shows_how_it_stood(self, vng: Client, utrecht: Municipality) -> None:
        CoverageStatementFactory(municipality=utrecht)
        shown = text(vng.get(f"{URL}?peildatum=2025-11-02"))
        assert "How it stood on Nov. 2, 2025 Unknown" in shown
        assert "How it stands Priority" in text(vng.get(f"{URL}?peildatum=2026-11-24"))

    def test_a_day_that_cannot_be_read_is_told_beside_its_field(self, vng: Client) -> None:
        response = vng.get(f"{URL}?peildatum=gisteren")
        assert response.status_code == 422
        assert 'value="gisteren"' in response.content.decode()
        assert "We cannot read this day." in text(response)
        assert "How it stands" in text(response)

    def test_before_it_existed(self, vng: Client, utrecht: Municipality) -> None:
        Municipality.objects.update(valid_from=dt.date(2022, 3, 24))
        assert "On March 23, 2022 this municipality did not exist." in text(
            vng.get(f"{URL}?peildatum=2022-03-23")
        )
        assert "did not exist" not in text(vng.get(f"{URL}?peildatum=2022-03-24"))


class TestFacts:
    def test_where_it_lies_and_how_large_it_is(self, vng: Client, utrecht: Municipality) -> None:
        group = MunicipalityGroup.objects.create(code="g4", name="G4")
        GroupMembership.objects.create(group=group, municipality=utrecht)
        facts = re.sub(r"<[^>]+>", " ", section(vng.get(URL), "facts"))
        for part in (
            "GM0344", "Province PV26", "Safety region VR09", "Police unit RE03", "374,238",
            "1 January 2024, CBS", "100,000 inhabitants or more", "G4",
        ):  # fmt: skip
            assert part in " ".join(facts.split())

    def test_a_group_that_was_left_is_not_named(self, vng: Client, utrecht: Municipality) -> None:
        group = MunicipalityGroup.objects.create(code="g40", name="G40")
        GroupMembership.objects.create(group=group, municipality=utrecht, until=dt.date(2025, 1, 1))
        assert "G40" not in section(vng.get(URL), "facts")
        assert "G40" in section(vng.get(f"{URL}?peildatum=2024-12-31"), "facts")


class TestMergers:
    def merge(self, predecessor: Municipality, successor: Municipality, on: dt.date, **fields: Any) -> None:
        merger = Merger.objects.create(
            key=f"{predecessor.code}", effective_on=on, source="RvIG", **{"status": "effected", **fields}
        )
        MergerPart.objects.create(
            merger=merger, predecessor=predecessor, successor=successor, kind="absorbed"
        )

    def test_a_dissolved_municipality_leads_to_its_successor(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        Municipality.objects.filter(pk=utrecht.pk).update(valid_until=dt.date(2022, 1, 1))
        CoverageStatementFactory(municipality=utrecht, value=Coverage.ABSENT)
        self.merge(utrecht, MunicipalityFactory(code="GM0001", name="Baarn"), dt.date(2022, 1, 1))
        response = officer.get(URL)
        shown = text(response)
        assert "This municipality no longer exists On Jan. 1, 2022 it went into Baarn. To Baarn" in shown
        assert (
            "On Nov. 24, 2026 this municipality did not exist. Look at its last day, Dec. 31, 2021 "
            "What it stated last: Absent"
        ) in shown
        assert 'href="?peildatum=2021-12-31"' in response.content.decode()
        assert '<a href="/gemeenten/GM0001/">' in response.content.decode()
        assert BUTTON not in response.content.decode()

    def test_a_planned_merger_is_not_certain(self, officer: Client, utrecht: Municipality) -> None:
        successor = MunicipalityFactory(code="GM0402", name="Hilversum")
        self.merge(
            utrecht, successor, dt.date(2027, 1, 1), status="planned", note="The law is not there yet."
        )
        response = officer.get(URL)
        assert "Planned, not certain: part of Hilversum from Jan. 1, 2027 The law is not there yet." in text(
            response
        )
        assert BUTTON in response.content.decode()

    def test_predecessors_are_named(self, vng: Client, utrecht: Municipality) -> None:
        self.merge(MunicipalityFactory(code="GM0001", name="Baarn"), utrecht, dt.date(2019, 1, 1))
        self.merge(
            MunicipalityFactory(code="GM0002", name="Soest"), utrecht, dt.date(2027, 1, 1), status="planned"
        )
        response = vng.get(URL)
        assert "Soest (Jan. 1, 2027, planned, not certain) Baarn (Jan. 1, 2019)" in text(response)
        assert 'href="/gemeenten/GM0001/"' in section(response, "facts")


class TestPolicies:
    def test_what_is_proposed_stands_apart_with_its_source(self, vng: Client, utrecht: Municipality) -> None:
        PolicyParticipationFactory(
            municipality=utrecht,
            policy__title="IVP 2023–2026",
            policy__theme_seen="yes",
            policy__theme_as=Coverage.PRIORITY,
            policy__source_note="In the annual report.",
        )
        response = vng.get(URL)
        assert "has confirmed no policy" in text(response)
        proposals = " ".join(re.sub(r"<[^>]+>", " ", section(response, "proposals")).split())
        for part in (
            "not confirmed",
            "IVP 2023–2026 Integral safety plan · 2023–2026 · the theme was seen: priority",
            "In the annual report.",
            "From a public source, not yet confirmed: gemeente.example , seen on Nov. 1, 2026, sure",
        ):
            assert part in proposals
        assert 'href="https://gemeente.example/ivp"' in section(response, "proposals")

    def test_what_is_confirmed_stands_above(self, vng: Client, utrecht: Municipality) -> None:
        PolicyParticipationFactory(
            municipality=utrecht,
            policy=SafetyPolicyFactory(title="Our own", adopted_on=dt.date(2023, 1, 12)),
            status=PolicyParticipation.Status.CONFIRMED,
            decided_by=UserFactory(),
            decided_at=DAY,
        )
        response = vng.get(URL)
        policies = " ".join(re.sub(r"<[^>]+>", " ", section(response, "policies")).split())
        assert (
            "Our own Integral safety plan · 2023–2026 · adopted on Jan. 12, 2023 Stated by the municipality"
            in policies
        )
        assert 'aria-labelledby="proposals"' not in response.content.decode()

    def test_a_confirmed_proposal_keeps_its_source(self, vng: Client, utrecht: Municipality) -> None:
        PolicyParticipationFactory(
            municipality=utrecht,
            status=PolicyParticipation.Status.CONFIRMED,
            decided_by=UserFactory(),
            decided_at=DAY,
        )
        assert "Found in public, confirmed by the municipality: gemeente.example" in text(vng.get(URL))

    def test_what_has_ended_or_is_not_theirs_is_folded_away(self, vng: Client, utrecht: Municipality) -> None:
        PolicyParticipationFactory(
            municipality=utrecht, policy__title="Old", policy__ends_on=dt.date(2025, 1, 1)
        )
        PolicyParticipationFactory(
            municipality=utrecht,
            policy__title="Theirs",
            status=PolicyParticipation.Status.DECLINED,
            decided_by=UserFactory(),
            decided_at=DAY,
        )
        html = section(vng.get(URL), "policies")
        folded = html.partition("<details")[2]
        assert "Old" in folded
        assert "Theirs" in folded
        assert "not ours, says the municipality" in folded
        assert 'id="proposals"' not in html


class TestMeasures:
    def test_by_status_and_the_late_first(self, vng: Client, utrecht: Municipality) -> None:
        plan = ActionPlanFactory(municipality=utrecht, title="Plan A")
        MeasureFactory(plan=plan, title="Finished", status="done", due_on=dt.date(2025, 1, 1))
        MeasureFactory(plan=plan, title="Planned", status="planned")
        MeasureFactory(plan=plan, title="Running", due_on=None)
        MeasureFactory(plan=plan, title="Late", due_on=dt.date(2026, 11, 23))
        MeasureFactory(plan=plan, title="Due today", due_on=dt.date(2026, 11, 24))
        response = vng.get(URL)
        html = section(response, "measures")
        titles = re.findall(r'<th scope="row"><a href="/maatregelen/\d+/">([^<]+)<', html)
        assert titles == ["Late", "Due today", "Running", "Planned", "Finished"]
        assert html.count("pt-badge--error") == 1
        shown = text(response)
        assert "Plan A Adopted · 2024–2027 · jihadism, right-wing extremism" in shown
        assert "3 in progress, 1 planned, 1 done, 1 of them late" in shown
        assert "Network · early detection" in shown

    def test_many_are_folded_away(self, vng: Client, utrecht: Municipality) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        MeasureFactory.create_batch(11, plan=plan)
        html = section(vng.get(URL), "measures")
        before, _details, after = html.partition("<details")
        assert (before.count('<th scope="row">'), after.count('<th scope="row">')) == (8, 3)
        assert "Show 3 more measures" in after

    def test_a_plan_without_measures(self, vng: Client, utrecht: Municipality) -> None:
        ActionPlanFactory(municipality=utrecht, title="Plan A")
        assert "The plan has no measures yet." in section(vng.get(URL), "measures")

    def test_earlier_plans_in_a_line_each(self, vng: Client, utrecht: Municipality) -> None:
        ActionPlanFactory(municipality=utrecht, title="Now")
        old = ActionPlanFactory(
            municipality=utrecht, title="Then", starts_on=dt.date(2019, 1, 1), ends_on=dt.date(2022, 12, 31)
        )
        MeasureFactory(plan=old, title="Long ago", status="done")
        html = section(vng.get(URL), "measures")
        assert "Then" in html.partition("<details")[2]
        assert "1 done" in html
        assert "Long ago" not in html

    def test_another_municipalitys_plan_is_not_shown(self, vng: Client) -> None:
        ActionPlanFactory(municipality=MunicipalityFactory(), title="Theirs")
        assert "Theirs" not in text(vng.get(URL))


class TestWhoSeesWhat:
    @pytest.fixture(autouse=True)
    def everything(self, utrecht: Municipality) -> None:
        ContactFactory(municipality=utrecht, name="Cora", email="cora@utrecht.example", job_title="adviseur")
        FollowUpFactory(municipality=utrecht, finding__text_en="A finding.", due_on=dt.date(2026, 11, 1))
        CoverageStatementFactory(municipality=utrecht, stated_by__name="Olga")
        MeasureFactory(plan=ActionPlanFactory(municipality=utrecht), title="A measure")

    def sees(self, client: Client) -> dict[str, bool]:
        response = client.get(URL)
        html = response.content.decode()
        words = {
            "measure": "A measure",
            "contact": "cora@utrecht.example",
            "finding": "A finding.",
            "name": "Olga",
        }
        return {key: word in html for key, word in words.items()} | {"button": BUTTON in html}

    def test_the_municipalitys_officer_sees_all(self, officer: Client) -> None:
        assert self.sees(officer) == dict.fromkeys(("measure", "contact", "finding", "name", "button"), True)

    def test_vng_sees_all(self, vng: Client) -> None:
        assert self.sees(vng) == dict.fromkeys(("measure", "contact", "finding", "name", "button"), True)

    def test_another_officer_sees_the_policy_and_no_people_or_findings(self, stranger: Client) -> None:
        assert self.sees(stranger) == {
            "measure": True, "contact": False, "finding": False, "name": False, "button": False,
        }  # fmt: skip
        shown = text(stranger.get(URL))
        assert "Only the municipality itself and VNG see the contacts." in shown
        assert "Only the municipality itself, VNG and NCTV see how findings are followed up." in shown

    def test_nctv_sees_findings_and_no_people(self, nctv: Client) -> None:
        assert self.sees(nctv) == {
            "measure": True, "contact": False, "finding": True, "name": False, "button": False,
        }  # fmt: skip

    def test_a_late_finding_is_marked(self, nctv: Client) -> None:
        html = section(nctv.get(URL), "findings")
        assert html.count("pt-badge--error") == 1
        assert "Training and expertise · Evaluation" in html

    def test_an_administrator_sees_all(self, client: Client) -> None:
        client.force_login(UserFactory(administrator=True))
        assert self.sees(client) == dict.fromkeys(("measure", "contact", "finding", "name", "button"), True)


class TestContacts:
    def test_without_any_it_says_what_that_means(self, officer: Client) -> None:
        assert "No contact is known, so nobody receives our messages." in text(officer.get(URL))

    def test_in_their_order_with_who_cannot_be_reached(self, officer: Client, utrecht: Municipality) -> None:
        ContactFactory(municipality=utrecht, position=2, name="Second", provenance=Provenance.DEMONSTRATION)
        ContactFactory(
            municipality=utrecht, position=1, name="First", unreachable_since=DAY, unreachable_reason="550"
        )
        contacts = " ".join(re.sub(r"<[^>]+>", " ", section(officer.get(URL), "contacts")).split())
        assert re.search(r"First \S+@gemeente.example mail does not arrive Second invented \S+@", contacts)


def test_history_tells_who_changed_what(officer: Client, utrecht: Municipality) -> None:
    CoverageStatementFactory(municipality=utrecht, value=Coverage.ABSENT, stated_by__name="Olga")
    history = " ".join(re.sub(r"<[^>]+>", " ", section(officer.get(URL), "history")).split())
    assert "Coverage Unknown → Absent Nov. 3, 2025 · Olga" in history


@pytest.mark.parametrize("role", ["officer", "vng", "nctv"])
def test_as_many_queries_whatever_there_is(role: str, request: Any, utrecht: Municipality) -> None:
    client = request.getfixturevalue(role)
    with expect_queries(7):
        client.get(URL)
    for _number in range(12):
        PolicyParticipationFactory(municipality=utrecht)
        FollowUpFactory(municipality=utrecht)
        MeasureFactory.create_batch(3, plan=ActionPlanFactory(municipality=utrecht))
    for position in range(1, 6):
        ContactFactory(municipality=utrecht, position=position)
    CoverageStatementFactory(municipality=utrecht)
    with expect_queries(7):
        client.get(URL)


def test_a_past_day_shows_nothing_that_began_later(vng: Client, utrecht: Municipality) -> None:
    for year in (2018, 2022):
        policy = SafetyPolicyFactory(
            title=f"Plan {year}", starts_on=dt.date(year, 1, 1), ends_on=dt.date(year + 3, 12, 31)
        )
        PolicyParticipationFactory(policy=policy, municipality=utrecht)
        ActionPlanFactory(
            title=f"Approach {year}",
            municipality=utrecht,
            starts_on=dt.date(year, 1, 1),
            ends_on=dt.date(year + 3, 12, 31),
        )
    dossier = vng.get(f"{URL}?peildatum=2019-06-01").context["dossier"]
    assert [policy.title for policy in dossier.proposals] == ["Plan 2018"]
    assert [plan.about.plan_title for plan in dossier.plans] == ["Approach 2018"]
    assert [policy.title for policy in vng.get(URL).context["dossier"].earlier_policies] == [
        "Plan 2022",
        "Plan 2018",
    ]


def test_a_last_day_before_the_register_begins_is_no_link(vng: Client) -> None:
    MunicipalityFactory(code="GM1671", name="Maasdonk", valid_until=dt.date(2015, 1, 1))
    assert vng.get("/gemeenten/GM1671/").context["dossier"].last_day is None


@pytest.mark.parametrize(
    ("statement", "is_offered"),
    [
        (None, False),
        ({}, True),
        ({"ends_on": dt.date(2026, 11, 23)}, False),
        ({"value": "in_preparation", "expected_on": dt.date(2026, 11, 23)}, False),
        ({"value": "in_preparation", "expected_on": dt.date(2026, 11, 24)}, True),
    ],
)
def test_confirming_is_offered_where_the_statement_may_still_hold(
    officer: Client, utrecht: Municipality, statement: dict[str, Any] | None, is_offered: bool
) -> None:
    if statement is not None:
        if "ends_on" in statement:
            statement = {"policy": SafetyPolicyFactory(**statement)}
        CoverageStatementFactory(municipality=utrecht, **statement)
    html = officer.get("/gemeenten/GM0344/").content.decode()
    assert ("Nothing changed, confirm" in html) is is_offered
