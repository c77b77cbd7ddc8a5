"""The support on offer and its use: who sees, keeps and records what, and what stays hidden."""

import csv
import datetime as dt
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Role
from measures.models import SupportOffer, SupportUse
from municipalities.models import Municipality
from policytracker.provenance import Provenance
from tests.factories import (
    MembershipFactory,
    MunicipalityFactory,
    SupportOfferFactory,
    SupportUseFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
URL = "/ondersteuning/"
OFFER = {
    "name": "Basistraining",
    "kind": "training",
    "provider": "ROR",
    "audience": "gemeenten",
    "text_nl": "Wat u leert.",
    "text_en": "What you learn.",
    "source_url": "https://aanbod.example/training",
}
USE = {"used_on": "2026-11-03", "staff": "12", "note": "Bruikbaar."}
WRITERS = [(Role.OFFICER, False), (Role.NCTV, True), (Role.VNG, True), (Role.ADMINISTRATOR, True)]


@pytest.fixture(autouse=True)
def on_a_day() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def log_in(client: Client) -> Callable[..., Client]:
    def logged_in(role: str, language: str = "en", **fields: Any) -> Client:
        client.cookies["django_language"] = language
        client.force_login(UserFactory(role=role, **fields))
        return client

    return logged_in


@pytest.fixture
def vng(log_in: Callable[..., Client]) -> Client:
    return log_in(Role.VNG)


@pytest.fixture
def utrecht() -> Municipality:
    return MunicipalityFactory(code="GM0344", name="Utrecht")


@pytest.fixture
def officer(client: Client, utrecht: Municipality) -> Client:
    client.cookies["django_language"] = "en"
    client.force_login(MembershipFactory(municipality=utrecht).user)
    return client


def text(response: Any) -> str:
    return response.content.decode()


def names(response: Any) -> list[str]:
    """The offers on the page, in their order."""
    return [entry.name for entry in response.context["entries"]]


def address(offer: SupportOffer, page: str = "") -> str:
    return f"{URL}{offer.pk}/{page}"


class TestList:
    @pytest.fixture(autouse=True)
    def offers(self, utrecht: Municipality) -> None:
        used = SupportOfferFactory(name="Öffer", kind="tool", provider="LSE")
        SupportOfferFactory(name="Course", provider="ROR")
        SupportOfferFactory(name="Ancient", provider="ESS", has_ended=True)
        SupportUseFactory(offer=used, municipality=utrecht)
        SupportUseFactory(offer=used)

    @pytest.mark.parametrize("role", Role.values)
    def test_everybody_with_a_log_in_reads_it(self, log_in: Callable[..., Client], role: str) -> None:
        response = log_in(role).get(URL)
        assert names(response) == ["Course", "Öffer", "Ancient"]
        assert '<a class="utrecht-nav-bar__link' not in text(response) or URL in text(response)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("?q=offer", ["Öffer"]),
            ("?q=ror+learn", ["Course"]),
            ("?kind=tool", ["Öffer"]),
            ("?provider=ROR&provider=ESS", ["Course", "Ancient"]),
            ("?state=ended", ["Ancient"]),
            ("?state=running", ["Course", "Öffer"]),
            ("?state=running&state=ended", ["Course", "Öffer", "Ancient"]),
            ("?gemeente=GM0344", ["Öffer"]),
            ("?gemeente=utrecht", ["Öffer"]),
            ("?sort=-name", ["Öffer", "Course", "Ancient"]),
            ("?sort=provider", ["Öffer", "Course", "Ancient"]),
            ("?sort=kind", ["Course", "Öffer", "Ancient"]),
            ("?sort=-municipalities", ["Öffer", "Course", "Ancient"]),
        ],
    )
    def test_is_searched_filtered_and_sorted_with_what_has_ended_last(
        self, vng: Client, query: str, found: list[str]
    ) -> None:
        assert names(vng.get(f"{URL}{query}")) == found

    def test_a_filter_by_municipality_is_told_by_its_name(self, vng: Client) -> None:
        (chip,) = vng.get(f"{URL}?gemeente=gm0344").context["chips"]
        assert (str(chip.label), chip.value, chip.url) == ("Used by municipality", "Utrecht", URL)

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("Nowhere", "We know no municipality with this name or code."),
            ("berg", "Which one do you mean? Give its code: Bergeijk (GM1724), Bergen (GM0893)."),
        ],
    )
    def test_a_municipality_that_is_not_told_apart(self, vng: Client, typed: str, said: str) -> None:
        MunicipalityFactory(code="GM1724", name="Bergeijk")
        MunicipalityFactory(code="GM0893", name="Bergen")
        response = vng.get(f"{URL}?gemeente={typed}")
        assert response.status_code == 422
        assert said in text(response)
        assert vng.get(f"{URL}?gemeente=bergen").status_code == 200

    def test_says_what_has_ended(self, vng: Client) -> None:
        assert text(vng.get(URL)).count('pt-badge">ended</span>') == 1

    def test_nothing_found_and_nothing_there(self, vng: Client) -> None:
        assert "No offer has all of this" in text(vng.get(f"{URL}?q=zzz"))
        SupportUse.objects.all().delete()
        SupportOffer.objects.all().delete()
        assert "There is no support on offer yet" in text(vng.get(URL))

    def test_csv_holds_what_is_shown_in_its_order(self, vng: Client) -> None:
        response = vng.get(f"{URL}?sort=-municipalities&export=csv")
        content = b"".join(response.streaming_content).decode("utf-8-sig")
        rows = list(csv.DictReader(StringIO(content), delimiter=";"))
        assert [row["Offer"] for row in rows] == ["Öffer", "Course", "Ancient"]
        assert [row["Municipalities that used it"] for row in rows] == ["2", "0", "0"]
        assert [row["Ended"] for row in rows] == ["no", "no", "yes"]
        assert rows[0]["Staff of these municipalities together"] == ""

    def test_queries_do_not_grow_with_the_list(self, vng: Client) -> None:
        for _number in range(2):
            for query, number in (("", 5), ("?gemeente=GM0344&kind=tool&sort=-municipalities", 6)):
                with expect_queries(number):
                    vng.get(f"{URL}{query}")
            for offer in SupportOfferFactory.create_batch(60):
                SupportUseFactory(offer=offer)


class TestOffer:
    @pytest.mark.parametrize("role", Role.values)
    def test_everybody_sees_who_used_it_and_nobody_else_for_how_many(
        self, log_in: Callable[..., Client], role: str
    ) -> None:
        use = SupportUseFactory(municipality__name="Zeist", staff=17)
        html = text(log_in(role).get(address(use.offer)))
        assert "Zeist" in html
        assert "Bruikbaar." in html
        sees_all = role in (Role.VNG, Role.ADMINISTRATOR)
        assert ("17 members of staff" in html) is sees_all
        assert (f"gebruik/{use.pk}/wijzigen/" in html) is sees_all

    def test_an_officer_finds_the_own_uses_on_top_with_their_numbers(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        own = SupportUseFactory(municipality=utrecht, used_on=dt.date(2020, 1, 7), staff=17)
        other = SupportUseFactory(offer=own.offer, staff=18)
        response = officer.get(address(own.offer))
        assert [use["pk"] for use in response.context["page"]] == [own.pk, other.pk]
        html = text(response)
        assert "17 members of staff" in html
        assert "18 members of staff" not in html
        assert f"gebruik/{own.pk}/verwijderen/" in html
        assert f"gebruik/{other.pk}/" not in html

    def test_staff_is_totalled_from_five_municipalities_on(self, log_in: Callable[..., Client]) -> None:
        offer = SupportOfferFactory()
        SupportUseFactory.create_batch(4, offer=offer, staff=10)
        SupportUseFactory.create_batch(3, offer=offer, staff=None)
        nctv = log_in(Role.NCTV)
        assert "of their staff together" not in text(nctv.get(address(offer)))
        SupportUseFactory(offer=offer, staff=2)
        html = text(nctv.get(address(offer)))
        assert "for 42 of their staff together" in html
        assert "8 municipalities" in html

    def test_says_that_it_has_ended(self, vng: Client) -> None:
        offer = SupportOfferFactory(has_ended=True)
        assert "This offer has ended" in text(vng.get(address(offer)))

    def test_queries_do_not_grow_with_its_use(self, officer: Client) -> None:
        offer = SupportUseFactory().offer
        for _number in range(2):
            with expect_queries(5):
                officer.get(address(offer))
            SupportUseFactory.create_batch(60, offer=offer)
        assert len(officer.get(address(offer)).context["page"]) == 50

    @pytest.mark.parametrize(("role", "may_write"), WRITERS)
    def test_nctv_and_vng_keep_it(self, log_in: Callable[..., Client], role: str, may_write: bool) -> None:
        offer = SupportOfferFactory()
        client = log_in(role)
        for path in (f"{URL}toevoegen/", address(offer, "wijzigen/")):
            assert client.get(path).status_code == (200 if may_write else 403)
            assert client.post(path, {"revision": 1}).status_code == (422 if may_write else 403)
        assert ("wijzigen/" in text(client.get(address(offer)))) is may_write

    @pytest.mark.parametrize(
        ("role", "provenance"), [(Role.NCTV, Provenance.NCTV), (Role.VNG, Provenance.VNG)]
    )
    def test_who_writes_stands_behind_it(
        self, log_in: Callable[..., Client], role: str, provenance: str
    ) -> None:
        client = log_in(role)
        assert client.post(f"{URL}toevoegen/", OFFER).status_code == 302
        offer = SupportOffer.objects.get()
        assert (offer.name, offer.has_ended, offer.provenance) == ("Basistraining", False, provenance)
        public = SupportOfferFactory(**OFFER)
        ended = OFFER | {"revision": 1, "has_ended": "on"}
        assert client.post(address(public, "wijzigen/"), ended).status_code == 302
        public.refresh_from_db()
        assert (public.has_ended, public.provenance) == (True, provenance)
        assert public.source_url == OFFER["source_url"]

    def test_two_people_are_told_of_each_other(self, log_in: Callable[..., Client]) -> None:
        offer = SupportOfferFactory(**OFFER)
        opened = OFFER | {"revision": 1}
        log_in(Role.VNG, name="Noor").post(address(offer, "wijzigen/"), opened | {"name": "Noors naam"})
        response = log_in(Role.NCTV).post(address(offer, "wijzigen/"), opened | {"name": "Mijn naam"})
        assert response.status_code == 409
        assert all(said in text(response) for said in ("Noor", "Noors naam", "Mijn naam"))
        offer.refresh_from_db()
        assert offer.name == "Noors naam"


class TestUse:
    @pytest.fixture
    def offer(self) -> SupportOffer:
        return SupportOfferFactory()

    def test_an_officer_of_one_municipality_is_not_asked_which(
        self, officer: Client, offer: SupportOffer, utrecht: Municipality
    ) -> None:
        page = officer.get(address(offer, "gebruik/"))
        assert f'<input type="hidden" name="municipality" value="{utrecht.pk}"' in text(page)
        response = officer.post(address(offer, "gebruik/"), USE | {"municipality": utrecht.pk})
        assert response.url == address(offer)
        use = SupportUse.objects.get()
        assert (use.municipality, use.offer, use.used_on, use.staff, use.note, use.provenance) == (
            utrecht,
            offer,
            dt.date(2026, 11, 3),
            12,
            "Bruikbaar.",
            Provenance.MUNICIPALITY,
        )
        assert use.recorded_by.memberships.get().municipality == utrecht

    def test_an_officer_of_several_chooses_among_those(self, officer: Client, offer: SupportOffer) -> None:
        user = UserFactory()
        own = [MembershipFactory(user=user).municipality for _number in range(2)]
        officer.force_login(user)
        form = officer.get(address(offer, "gebruik/")).context["form"]
        assert set(form.fields["municipality"].queryset) == set(own)
        assert not form["municipality"].is_hidden
        foreign = MunicipalityFactory()
        refused = officer.post(address(offer, "gebruik/"), USE | {"municipality": foreign.pk})
        assert list(refused.context["form"].errors) == ["municipality"]
        assert officer.post(address(offer, "gebruik/"), USE | {"municipality": own[1].pk}).status_code == 302
        assert SupportUse.objects.get().municipality == own[1]

    def test_vng_records_for_any(self, vng: Client, offer: SupportOffer) -> None:
        municipality = MunicipalityFactory.create_batch(3)[1]
        ended = MunicipalityFactory(valid_until=dt.date(2022, 1, 1))
        assert vng.post(address(offer, "gebruik/"), USE | {"municipality": ended.pk}).status_code == 422
        assert (
            vng.post(address(offer, "gebruik/"), USE | {"municipality": municipality.pk}).status_code == 302
        )
        assert SupportUse.objects.get().provenance == Provenance.VNG

    def test_nctv_counts_and_records_nothing(self, log_in: Callable[..., Client]) -> None:
        use = SupportUseFactory()
        client = log_in(Role.NCTV)
        for path in (
            address(use.offer, "gebruik/"),
            f"{URL}gebruik/{use.pk}/wijzigen/",
            f"{URL}gebruik/{use.pk}/verwijderen/",
        ):
            assert client.get(path).status_code == client.post(path, USE).status_code == 403
        assert "gebruik/" not in text(client.get(address(use.offer)))

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"used_on": "2026-11-25"}, "used_on"),
            ({"used_on": "1999-12-31"}, "used_on"),
            ({"used_on": "31 februari"}, "used_on"),
            ({"used_on": ""}, "used_on"),
            ({"staff": "0"}, "staff"),
            ({"staff": "5001"}, "staff"),
            ({"staff": "many"}, "staff"),
            ({"note": "x" * 2001}, "note"),
        ],
    )
    def test_what_cannot_be_is_refused_and_nothing_is_lost(
        self, officer: Client, offer: SupportOffer, utrecht: Municipality, change: dict[str, str], field: str
    ) -> None:
        response = officer.post(address(offer, "gebruik/"), USE | {"municipality": utrecht.pk} | change)
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [field]
        assert ("Bruikbaar." in text(response)) is (field != "note")
        assert not SupportUse.objects.exists()

    @pytest.mark.parametrize(
        ("has_ended", "used_on", "status"),
        [
            (False, "2026-11-24", 302),
            (True, "2026-11-24", 422),
            (True, "2026-11-23", 302),
        ],
    )
    def test_what_has_ended_can_have_been_used_in_the_past(
        self, officer: Client, utrecht: Municipality, has_ended: bool, used_on: str, status: int
    ) -> None:
        offer = SupportOfferFactory(has_ended=has_ended)
        used = USE | {"municipality": utrecht.pk, "used_on": used_on}
        assert officer.post(address(offer, "gebruik/"), used).status_code == status

    def test_staff_and_note_may_be_left_out(
        self, officer: Client, offer: SupportOffer, utrecht: Municipality
    ) -> None:
        used = {"municipality": utrecht.pk, "used_on": "2026-11-03"}
        assert officer.post(address(offer, "gebruik/"), used).status_code == 302
        assert (SupportUse.objects.get().staff, SupportUse.objects.get().note) == (None, "")

    def test_the_same_use_twice_is_told(
        self, officer: Client, offer: SupportOffer, utrecht: Municipality
    ) -> None:
        used = USE | {"municipality": utrecht.pk}
        officer.post(address(offer, "gebruik/"), used)
        response = officer.post(address(offer, "gebruik/"), used)
        assert "This use has been recorded already." in text(response)
        assert SupportUse.objects.count() == 1

    def test_the_own_is_changed_and_deleted(
        self, officer: Client, offer: SupportOffer, utrecht: Municipality
    ) -> None:
        officer.post(address(offer, "gebruik/"), USE | {"municipality": utrecht.pk})
        use = SupportUse.objects.get()
        change, delete = (f"{URL}gebruik/{use.pk}/{word}/" for word in ("wijzigen", "verwijderen"))
        assert "Utrecht" in text(officer.get(change))
        officer.post(change, USE | {"revision": 1, "staff": "13"})
        use.refresh_from_db()
        assert (use.staff, use.municipality) == (13, utrecht)
        asked = officer.get(delete)
        assert "Delete the use?" in text(asked)
        assert SupportUse.objects.exists()
        outdated = officer.post(delete, {"revision": 1})
        assert outdated.status_code == 409
        assert "Somebody changed it meanwhile" in text(outdated)
        assert officer.post(delete, {"revision": use.revision}).url == address(offer)
        assert not SupportUse.objects.exists()

    def test_two_people_are_told_of_each_other(self, officer: Client, utrecht: Municipality) -> None:
        use = SupportUseFactory(municipality=utrecht)
        SupportUse.objects.filter(pk=use.pk).update(staff=5)
        used = {"used_on": "2026-06-02", "note": "Bruikbaar.", "revision": 1, "staff": "6"}
        response = officer.post(f"{URL}gebruik/{use.pk}/wijzigen/", used)
        assert response.status_code == 409
        use.refresh_from_db()
        assert use.staff == 5

    @pytest.mark.parametrize("word", ["wijzigen", "verwijderen"])
    def test_that_of_another_municipality_is_not_there(self, officer: Client, word: str) -> None:
        use = SupportUseFactory()
        path = f"{URL}gebruik/{use.pk}/{word}/"
        assert officer.get(path).status_code == officer.post(path, USE | {"revision": 1}).status_code == 404
        use.refresh_from_db()
        assert use.revision == 1

    def test_the_form_takes_as_many_queries_for_few_as_for_many(
        self, vng: Client, offer: SupportOffer
    ) -> None:
        for _number in range(2):
            MunicipalityFactory.create_batch(20)
            with expect_queries(5):
                vng.get(address(offer, "gebruik/"))


def test_an_offer_from_a_public_source_waits_for_nobody(client: Client) -> None:
    offer = SupportOfferFactory(
        provenance="public_source", source_url="https://nctv.example/aanbod",
        source_seen_on=dt.date(2026, 11, 1), confidence="high",
    )  # fmt: skip
    client.force_login(UserFactory(vng=True))
    html = client.get(offer.get_absolute_url()).content.decode()
    assert "nctv.example" in html
    assert "not yet confirmed" not in html
    assert "nog niet bevestigd" not in html
