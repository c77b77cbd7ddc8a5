"""The letter to the council: who makes it, what stands in it, and that it says the same ever after."""

import datetime as dt
import re
import threading
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import InternalError, connection, transaction
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext as _
from odfdo import Document
from pypdf import PdfReader

from accounts.demonstration import CACHE_KEY
from accounts.models import Role, User
from dashboards.actions import make_letter
from dashboards.letters.files import file
from dashboards.letters.odt import odt
from dashboards.letters.pdf import pdf
from dashboards.letters.writing import ROWS_LISTED
from dashboards.models import CouncilLetter
from measures.models import ActionPlan, Measure
from municipalities.coverage import Coverage
from municipalities.models import Municipality
from tests.factories import (
    ActionPlanFactory,
    ContactFactory,
    CoverageStatementFactory,
    FollowUpFactory,
    MeasureFactory,
    MembershipFactory,
    MunicipalityFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.queries import expect_queries

DAY = dt.datetime(2026, 11, 24, 9, 0, 0, 123456, tzinfo=dt.UTC)
URL = "/gemeenten/GM0344/raadsbrief/"
HOSTILE = '#panic() *b* _e_ $x$ @ref <l> `c` \\u{41} // & </text:p> "q" {{ x }} 😀 سلام'
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english_on_a_day(client: Client) -> Iterator[None]:
    client.cookies["django_language"] = "en"
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def utrecht() -> Municipality:
    return MunicipalityFactory(code="GM0344", name="Utrecht")


@pytest.fixture
def officer(client: Client, utrecht: Municipality) -> Client:
    client.force_login(MembershipFactory(municipality=utrecht, user__name="Olga Officer").user)
    return client


@pytest.fixture
def full(utrecht: Municipality) -> ActionPlan:
    """Utrecht with something of everything: five measures of which one is late, two findings."""
    policy = SafetyPolicyFactory(title="Veilig Utrecht", adopted_on=dt.date(2022, 12, 15))
    CoverageStatementFactory(
        municipality=utrecht, policy=policy, quotation="Wij voorkomen dat\nmensen radicaliseren."
    )
    plan = ActionPlanFactory(municipality=utrecht, title="Samen sterk")
    MeasureFactory(plan=plan, title="Netwerk", embedding="structural")
    MeasureFactory(plan=plan, title="Te laat", due_on=dt.date(2026, 11, 1))
    MeasureFactory(plan=plan, title="Af", status="done", embedding="structural", phase="prevention")
    MeasureFactory(plan=plan, title="Gepland", status="planned", due_on=None, category="expertise")
    MeasureFactory(plan=plan, title="Gestopt", status="stopped", stopped_because="Geen geld")
    FollowUpFactory(municipality=utrecht, finding__text_nl="Scholing ontbreekt")
    FollowUpFactory(municipality=utrecht, finding__text_nl="Overleg te laat", due_on=dt.date(2026, 11, 1))
    return plan


def letter_of(municipality: Municipality) -> CouncilLetter:
    vng = User.objects.filter(role=Role.VNG).first() or UserFactory(vng=True)
    return make_letter(by=vng, municipality=municipality)


def blocks(letter: CouncilLetter, kind: str) -> list[dict[str, Any]]:
    return [block for block in letter.content["blocks"] if block["kind"] == kind]


def words(letter: CouncilLetter) -> str:
    return " ".join(block["text"] for block in letter.content["blocks"] if "text" in block)


def facts(letter: CouncilLetter) -> list[str]:
    return [fact["value"] for block in blocks(letter, "facts") for fact in block["facts"]]


def in_dutch(text: str) -> str:
    with translation.override("nl"):
        return _(text)


def text_of_pdf(made: bytes) -> str:
    """What a reader finds in the file, without the places where a line may break."""
    pages = (page.extract_text() for page in PdfReader(BytesIO(made)).pages)
    return " ".join(" ".join(pages).replace("\u200b", "").split())


class TestContent:
    def test_the_coverage_with_the_policy_it_rests_on(self, utrecht: Municipality, full: ActionPlan) -> None:
        letter = letter_of(utrecht)
        assert facts(letter)[:3] == [
            in_dutch("Priority"),
            f"Veilig Utrecht ({in_dutch('integral safety plan')})",
            in_dutch("%(start)s to %(end)s") % {"start": "1 januari 2023", "end": "31 december 2026"},
        ]
        assert "15 december 2022" in facts(letter)
        assert "12" in facts(letter)
        assert any(value.startswith("3 november 2025, ") for value in facts(letter))
        assert [block["text"] for block in blocks(letter, "quotation")] == [
            "Wij voorkomen dat\nmensen radicaliseren."
        ]

    def test_measures_are_counted_as_the_register_counts_them(
        self, utrecht: Municipality, full: ActionPlan
    ) -> None:
        by_phase, by_category, listed, *_findings = blocks(letter_of(utrecht), "table")
        # planned, in progress, done, stopped, all, late
        assert by_phase["rows"][0][1:] == ["0", "0", "1", "0", "1", "0"]
        assert by_phase["rows"][1][1:] == ["1", "2", "0", "1", "4", "1"]
        assert by_category["rows"][-1][1:] == by_phase["rows"][-1][1:] == ["1", "2", "1", "1", "5", "1"]
        assert Measure.objects.late(on=DAY.date()).count() == 1
        assert [row[0] for row in listed["rows"]] == ["Te laat", "Netwerk", "Gepland", "Af", "Gestopt"]

    def test_the_structural_share_leaves_out_what_was_stopped(
        self, utrecht: Municipality, full: ActionPlan
    ) -> None:
        assert re.search(r"\b2\b\D+\b4\b\D+50%", words(letter_of(utrecht)))

    def test_findings_by_evaluation_the_late_one_first(self, utrecht: Municipality) -> None:
        late = FollowUpFactory(municipality=utrecht, due_on=dt.date(2026, 11, 1))
        FollowUpFactory(municipality=utrecht, finding__evaluation=late.finding.evaluation)
        FollowUpFactory(municipality=utrecht)
        first, second = blocks(letter_of(utrecht), "table")
        assert f"{late.finding.evaluation.title} (2017)" in first["caption"]
        assert first["rows"][0] == [
            late.finding.text_nl,
            in_dutch("open").capitalize(),
            in_dutch("%(day)s (late)") % {"day": "1 november 2026"},
        ]
        assert [len(first["rows"]), len(second["rows"])] == [2, 1]

    def test_of_a_municipality_of_which_nothing_is_known(self, utrecht: Municipality) -> None:
        letter = letter_of(utrecht)
        told = words(letter)
        for sentence in (
            "The municipality has not stated whether the theme is in its policy.",
            "No action plan holds on this day.",
            "There are no measures to tell of.",
            "There are no findings to follow up.",
        ):
            assert in_dutch(sentence) in told
        assert not blocks(letter, "table") + blocks(letter, "facts")
        assert pdf(letter.content)
        assert odt(letter.content)

    def test_a_plan_that_ended_is_told_without_its_measures(self, utrecht: Municipality) -> None:
        plan = ActionPlanFactory(municipality=utrecht, title="Van toen", ends_on=dt.date(2025, 12, 31))
        MeasureFactory(plan=plan)
        letter = letter_of(utrecht)
        assert "Van toen" in words(letter)
        assert not blocks(letter, "table")

    def test_a_draft_never_appears(self, utrecht: Municipality) -> None:
        draft = ActionPlanFactory(
            municipality=utrecht,
            title="Concept",
            status="draft",
            adopted_on=None,
            ends_on=dt.date(2025, 1, 1),
        )
        MeasureFactory(plan=draft, title="Geheim")
        assert not re.search("Concept|Geheim", str(letter_of(utrecht).content))

    @pytest.mark.parametrize(
        ("value", "told"),
        [
            (Coverage.REASONED_NO, "No sign of it in the local analysis."),
            (Coverage.IN_PREPARATION, "1 juni 2027"),
        ],
    )
    def test_what_a_statement_without_a_policy_rests_on(
        self, utrecht: Municipality, value: str, told: str
    ) -> None:
        CoverageStatementFactory(municipality=utrecht, value=value)
        assert told in words(letter_of(utrecht))

    def test_no_name_of_a_person_is_in_it(self, utrecht: Municipality, full: ActionPlan) -> None:
        ContactFactory(municipality=utrecht, name="Cora Contact", email="cora@utrecht.example")
        CoverageStatementFactory(
            municipality=MunicipalityFactory(), stated_by=UserFactory(name="Olga Officer")
        )
        letter = make_letter(by=UserFactory(vng=True, name="Vera Vng"), municipality=utrecht)
        assert not re.search("Cora|cora@|Olga|Vera|User ", str(letter.content))

    def test_it_is_in_dutch_for_an_english_reader_too(
        self, officer: Client, full: ActionPlan, utrecht: Municipality
    ) -> None:
        html = officer.post(URL, follow=True).content.decode()
        assert '<html lang="en"' in html
        assert '<article class="pt-letter pt-stack" lang="nl">' in html
        assert in_dutch("in progress").capitalize() in html
        assert "24 november 2026" in html

    def test_invented_data_is_called_so(self, utrecht: Municipality) -> None:
        cache.set(CACHE_KEY, True, None)
        letter = letter_of(utrecht)
        notice = in_dutch("Demonstration: what stands in this letter is invented.")
        assert letter.content["notice"] == notice
        assert notice in text_of_pdf(pdf(letter.content))

    def test_a_long_list_is_cut_off_and_says_so(self, utrecht: Municipality) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        MeasureFactory.create_batch(ROWS_LISTED + 7, plan=plan)
        letter = letter_of(utrecht)
        by_phase, _by_category, listed = blocks(letter, "table")
        assert by_phase["rows"][-1][5] == str(ROWS_LISTED + 7)
        assert len(listed["rows"]) == ROWS_LISTED
        assert re.search(r"\b7\b", words(letter))


class TestFrozen:
    def test_it_says_the_same_after_everything_changed(
        self, officer: Client, utrecht: Municipality, full: ActionPlan
    ) -> None:
        letter = letter_of(utrecht)
        url = letter.get_absolute_url()
        content, made = letter.content, officer.get(f"{url}pdf/").content
        article = re.search(r"<article.*</article>", officer.get(url).content.decode(), re.S)
        full.measures.all().delete()
        utrecht.follow_ups.all().delete()
        Municipality.objects.filter(pk=utrecht.pk).update(name="Elders")
        utrecht.coverage_statements.update(superseded_at=DAY)
        CoverageStatementFactory(municipality=utrecht, value=Coverage.ABSENT, stated_at=DAY)
        with time_machine.travel(DAY + dt.timedelta(days=400), tick=False):
            client = Client(headers={"Accept-Language": "en"})
            client.force_login(UserFactory(vng=True))
            again = re.search(r"<article.*</article>", client.get(url).content.decode(), re.S)
            assert article is not None
            assert again is not None
            assert again[0] == article[0]
            assert client.get(f"{url}pdf/").content == made
            assert CouncilLetter.objects.get(pk=letter.pk).content == content
        assert letter_of(utrecht).content != content

    @pytest.mark.parametrize("change", [{"content": {}}, {"number": "GM0344-2026-999"}, {"made_at": DAY}])
    def test_the_database_refuses_a_change(self, utrecht: Municipality, change: dict[str, Any]) -> None:
        letter = letter_of(utrecht)
        change = {"made_at": DAY - dt.timedelta(days=1)} if "made_at" in change else change
        with pytest.raises(InternalError, match="never_edited"), transaction.atomic():
            CouncilLetter.objects.filter(pk=letter.pk).update(**change)

    def test_the_database_refuses_to_delete_it(self, utrecht: Municipality) -> None:
        letter = letter_of(utrecht)
        with pytest.raises(InternalError, match="kept"), transaction.atomic():
            CouncilLetter.objects.filter(pk=letter.pk).delete()


class TestNumber:
    def test_letters_are_counted_per_municipality_and_year(self, utrecht: Municipality) -> None:
        other = MunicipalityFactory(code="GM0345")
        numbers = [letter_of(one).number for one in (utrecht, utrecht, other)]
        with time_machine.travel(dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC), tick=False):
            numbers.append(letter_of(utrecht).number)  # in the Netherlands it is the new year already
        assert numbers == ["GM0344-2026-001", "GM0344-2026-002", "GM0345-2026-001", "GM0344-2027-001"]

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_get_one_each(self) -> None:
        municipality, users = MunicipalityFactory(code="GM0344"), UserFactory.create_batch(2, vng=True)
        together, failures = threading.Barrier(2), list[BaseException]()

        def make(user: Any) -> None:
            try:
                together.wait(timeout=10)
                make_letter(by=user, municipality=municipality)
            except BaseException as error:
                failures.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=make, args=(user,)) for user in users]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert set(CouncilLetter.objects.values_list("number", flat=True)) == {
            "GM0344-2026-001",
            "GM0344-2026-002",
        }


class TestPdf:
    def test_it_is_accessible(self, utrecht: Municipality, full: ActionPlan) -> None:
        letter = letter_of(utrecht)
        reader = PdfReader(BytesIO(pdf(letter.content)))
        root: Any = reader.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]
        assert root["/StructTreeRoot"]["/K"]
        assert root["/Lang"] == "nl-NL"
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
        assert reader.metadata is not None
        assert reader.metadata.title == letter.content["title"]
        assert reader.metadata.author == letter.content["author"]
        assert reader.metadata.creation_date == DAY.replace(microsecond=0)
        kinds = structure(root["/StructTreeRoot"])
        assert kinds.count("/H1") == 1
        assert kinds.count("/H2") == len(blocks(letter, "heading"))
        tables = blocks(letter, "table")
        assert kinds.count("/Table") == kinds.count("/Caption") == len(tables)
        assert kinds.count("/TH") == sum(len(table["columns"]) for table in tables)

    def test_it_says_all_that_the_letter_says(self, utrecht: Municipality, full: ActionPlan) -> None:
        letter = letter_of(utrecht)
        told = text_of_pdf(pdf(letter.content)).replace("-", "").replace(" ", "")
        said = [fact["value"] for fact in letter.content["head"]] + [letter.content["source"]]
        said += [*facts(letter), *(block["text"] for block in letter.content["blocks"] if "text" in block)]
        said += [cell for table in blocks(letter, "table") for row in table["rows"] for cell in row]
        said += [" ".join(row) for table in blocks(letter, "table")[:2] for row in table["rows"]]
        for text in said:
            for line in text.split("\n"):
                assert line.replace("-", "").replace(" ", "") in told

    def test_the_same_letter_gives_the_same_bytes(self, utrecht: Municipality, full: ActionPlan) -> None:
        content = letter_of(utrecht).content
        assert pdf(content) == pdf(content)


def structure(element: Any) -> list[str]:
    """The kinds of all elements in the tree of a tagged PDF."""
    if isinstance(element, list):
        return [kind for one in element for kind in structure(one.get_object())]
    if not isinstance(element, dict):
        return []
    own = [str(element["/S"])] if "/S" in element else []
    return own + (structure(element["/K"].get_object()) if "/K" in element else [])


class TestOdt:
    def test_its_figures_are_those_of_the_letter(self, utrecht: Municipality, full: ActionPlan) -> None:
        letter = letter_of(utrecht)
        body = Document(BytesIO(odt(letter.content))).body
        tables = blocks(letter, "table")
        assert [
            [[cell.text_recursive.strip() for cell in row.cells] for row in table.rows]
            for table in body.tables
        ] == [[[column["title"] for column in table["columns"]], *table["rows"]] for table in tables]
        text = " ".join(paragraph.text_recursive for paragraph in body.paragraphs)
        for value in facts(letter):
            assert value in text

    def test_it_has_real_headings_table_heads_language_and_title(
        self, utrecht: Municipality, full: ActionPlan
    ) -> None:
        letter = letter_of(utrecht)
        document = Document(BytesIO(odt(letter.content)))
        assert document.language == "nl-NL"
        assert document.meta.title == f"{letter.content['title']} – GM0344-2026-001"
        headings = document.body.headers
        assert [int(heading.level) for heading in headings] == [1] + [2] * len(blocks(letter, "heading"))
        assert {heading.get_attribute("text:style-name") for heading in headings} == {
            "Heading_20_1",
            "Heading_20_2",
        }
        heads = document.body.get_elements("//table:table-header-rows/table:table-row")
        assert len(heads) == len(blocks(letter, "table"))

    def test_every_style_that_it_uses_is_there(self, utrecht: Municipality, full: ActionPlan) -> None:
        document = Document(BytesIO(odt(letter_of(utrecht).content)))
        used = set(re.findall(r'(?:text|table):style-name="(\w+)"', document.content.serialize().decode()))
        styles = document.styles.serialize() + document.content.serialize()
        assert used <= set(re.findall(r'style:name="(\w+)"', styles.decode()))


class TestHostileText:
    @pytest.fixture
    def letter(self, utrecht: Municipality) -> CouncilLetter:
        plan = ActionPlanFactory(municipality=utrecht, title=HOSTILE)
        MeasureFactory(plan=plan, title=HOSTILE)
        MeasureFactory(plan=plan, title="woord" * 40)
        MeasureFactory(plan=plan, title="met\x01 stuur\x7ftekens\ufffe")
        CoverageStatementFactory(municipality=utrecht, quotation=f"{HOSTILE}\r\n= geen kop")
        FollowUpFactory(municipality=utrecht, finding__text_nl=HOSTILE, finding__evaluation__title=HOSTILE)
        return letter_of(utrecht)

    def test_stands_as_it_is_on_the_page(self, letter: CouncilLetter, officer: Client) -> None:
        html = officer.get(letter.get_absolute_url()).content.decode()
        assert "&lt;l&gt; `c`" in html
        assert "{{ x }}" in html
        assert "<l>" not in html

    def test_stands_as_it_is_in_the_odt(self, letter: CouncilLetter) -> None:
        text = " ".join(one.text_recursive for one in Document(BytesIO(odt(letter.content))).body.paragraphs)
        assert text.count(HOSTILE) >= 6
        assert "met stuurtekens" in text

    def test_stands_as_it_is_in_the_pdf_but_for_letters_that_no_font_has(self, letter: CouncilLetter) -> None:
        text = text_of_pdf(pdf(letter.content))
        shown = HOSTILE.replace("😀", "□").replace("سلام", "□□□□")
        assert text.replace(" ", "").count(shown.replace(" ", "")) >= 6
        assert "woord" * 40 in text.replace(" ", "").replace("-", "")
        assert "met stuurtekens" in text

    def test_every_character_that_is_let_through_can_be_shown(self, letter: CouncilLetter) -> None:
        every = "".join(f" {chr(code)}" for code in (*range(0x20, 0x3000), *range(0xF900, 0xFFFE), 0x1F600))
        assert pdf({**letter.content, "source": every})


class TestRoles:
    def test_an_officer_makes_one_and_finds_it_back(self, officer: Client, full: ActionPlan) -> None:
        assert "Nobody has made a letter" in officer.get(URL).content.decode()
        response = officer.post(URL)
        letter = CouncilLetter.objects.get()
        assert response["Location"] == f"/raadsbrieven/{letter.pk}/"
        html = officer.get(URL).content.decode()
        for shown in ("GM0344-2026-001", "Olga Officer", f"/raadsbrieven/{letter.pk}/pdf/", "Nov. 24, 2026"):
            assert shown in html
        page = officer.get(response["Location"]).content.decode()
        assert "Made on Nov. 24, 2026 by Olga Officer." in page

    @pytest.mark.parametrize(
        ("kind", "content_type", "begins"),
        [
            ("pdf", "application/pdf", b"%PDF-1.7"),
            ("odt", "application/vnd.oasis.opendocument.text", b"PK"),
        ],
    )
    def test_files_are_downloads(
        self, officer: Client, utrecht: Municipality, kind: str, content_type: str, begins: bytes
    ) -> None:
        letter = letter_of(utrecht)
        response = officer.get(f"{letter.get_absolute_url()}{kind}/")
        assert response["Content-Type"] == content_type
        assert response["Content-Disposition"] == f'attachment; filename="raadsbrief-GM0344-2026-001.{kind}"'
        assert response.content.startswith(begins)

    @pytest.mark.parametrize("trait", ["vng", "administrator"])
    def test_vng_and_administrators_may_for_any(
        self, client: Client, utrecht: Municipality, trait: str
    ) -> None:
        client.force_login(UserFactory(**{trait: True}))
        assert client.post(URL, follow=True).status_code == 200

    def test_another_officer_finds_nothing(self, client: Client, utrecht: Municipality) -> None:
        letter = letter_of(utrecht).get_absolute_url()
        client.force_login(MembershipFactory().user)
        addresses = (URL, letter, f"{letter}odt/", f"{letter}pdf/")
        assert [client.get(address).status_code for address in addresses] == [404] * 4
        assert client.post(URL).status_code == 404
        assert CouncilLetter.objects.count() == 1

    def test_nctv_is_refused_with_the_reason(self, client: Client, utrecht: Municipality) -> None:
        letter = letter_of(utrecht).get_absolute_url()
        client.force_login(UserFactory(nctv=True))
        addresses = (URL, letter, f"{letter}odt/", f"{letter}pdf/")
        answers = [client.get(address) for address in addresses]
        assert [answer.status_code for answer in answers] == [403] * 4
        assert "NCTV reads the register." in answers[0].content.decode()
        assert client.post(URL).status_code == 403

    def test_a_stranger_logs_in_first(self, client: Client, utrecht: Municipality) -> None:
        for address in (URL, letter_of(utrecht).get_absolute_url()):
            assert client.get(address)["Location"].startswith("/account/inloggen/")

    def test_letters_of_a_merged_municipality_stay_and_no_new_one_is_made(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        letter = letter_of(utrecht)
        Municipality.objects.filter(pk=utrecht.pk).update(valid_until=DAY.date())
        html = officer.get(URL).content.decode()
        assert letter.number in html
        assert "make no new one" in html
        assert "Make the letter of today" not in html
        assert officer.get(letter.get_absolute_url()).status_code == 200
        assert officer.post(URL).status_code == 404
        with pytest.raises(Municipality.DoesNotExist):
            letter_of(utrecht)

    def test_the_page_of_the_municipality_leads_there_for_who_may(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        assert URL in officer.get("/gemeenten/GM0344/").content.decode()
        officer.force_login(MembershipFactory().user)
        assert URL not in officer.get("/gemeenten/GM0344/").content.decode()


def test_as_many_queries_however_many_letters(officer: Client, utrecht: Municipality) -> None:
    for number in (1, 10):
        for _number in range(number):
            letter = letter_of(utrecht)
        with expect_queries(5):
            officer.get(URL)
        with expect_queries(3):
            officer.get(letter.get_absolute_url())


def test_as_many_queries_whatever_a_letter_tells(
    officer: Client, utrecht: Municipality, full: ActionPlan
) -> None:
    officer.post(URL)
    MeasureFactory.create_batch(20, plan=full)
    FollowUpFactory.create_batch(20, municipality=utrecht)
    with expect_queries(16):
        officer.post(URL)


def test_a_file_is_made_in_a_process_of_its_own(utrecht: Municipality, full: ActionPlan) -> None:
    content = letter_of(utrecht).content
    assert file(content, "pdf") == pdf(content)
