"""Data about a person is found where it stands, and ordinary sentences of policy are left alone.

The numbers are made up to satisfy the eleven-test, or not to; they belong to nobody that is known here.
"""

import itertools
import time
from typing import Any

import pytest
import time_machine
from crispy_forms.helper import FormHelper
from crispy_forms.layout import ButtonHolder, Div, Layout, Submit
from crispy_forms.utils import render_crispy_form
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils import translation

from measures.models import Partner
from policytracker.documents import DocumentField
from policytracker.person_data import LOOKED_AT, GuardedForm, Kind, Trace, found_in, is_bsn, masked
from tests.policytracker.documents import docx, pdf, upload


@pytest.fixture(autouse=True)
def on_a_day() -> Any:
    with time_machine.travel("2026-11-24T09:00:00Z", tick=False):
        yield


def kinds(text: str) -> list[str]:
    return [trace.kind.value for trace in found_in(text)]


# Citizen service numbers


@pytest.mark.parametrize(
    "text",
    [
        "123456782",
        "De jongere (123456782) is besproken.",
        "Betrokkene: 123456782.",
        "BSN 123456782",
        "BSN:123456782",
        "bsn123456782",
        "burgerservicenummer123456782",
        "Het burgerservicenummer is 123456782, zie het dossier.",
        "1234.56.782",
        "sofinummer 1234.56.782",
        "123 456 782",
        "1234 56 782",
        "123\u00a0456\u00a0782",
        "BSN 123.456.782",
        "BSN 123-456-782",
        "BSN: 1234-56-782",
        "BSN 10000008",
        "BSN 1000.00.08",
        "Namen en nummers:\n123456782\n111222333",
        "123456782, 111222333",
        "123456782/",
        "Het nummer 123456782 hoort bij hem.",
        "KvK 30123456. De leerling heeft 123456782.",
        "010000008",
        "Sofi-nummer 1999.12.348",
        "123456782 (BSN)",
        "leerlingnummer 123456782",
        "persoonsnummer: 123456782",
        "bsn=123456782",
        "/leerling?bsn=123456782&jaar=2026",
        "leerling_bsn=123456782",
        "BSN #123456782",
        "BSN/123456782",
        "BSN_123456782",
        "BSN-nr. is: 123456782,111222333",
        "BSN 123456\n782",
        "BSN:\n123456782\n111222333",
        "BSN 12  34  56 782",
        "Burgerservicenummer (BSN) 123/456/782",
        "BSN 123 – 456 – 782",
        "１２３４５６７８２",
        "ＢＳＮ：１２３/４５６/７８２",
        "123\u200b456\u200b782",
        "1234\u00ad56782",
    ],
)
def test_a_citizen_service_number_is_found(text: str) -> None:
    assert "bsn" in kinds(text)
    assert all(trace.is_refused for trace in found_in(text) if trace.kind == Kind.BSN)


@pytest.mark.parametrize(
    "text",
    [
        "123456789",  # fails the eleven-test
        "000000000",
        "De begroting is € 123456782 hoog.",
        "EUR 123456782",
        "Dat kost 123456782 euro.",
        "123.456.782",
        "€ 123.456.782,50",
        "123456782,50",
        "17 123 456 782 inwoners",
        "123 456 782 inwoners",
        "NL91 ABNA 0417 1643 00",
        "NL91ABNA0123456782",
        "IBAN BE68 5390 0754 7034",
        "0123456782",
        "1234567820",
        "06-12345678",
        "0612345678",
        "030 286 12 34",
        "030 123 4567",
        "+31 123456782",
        "+31(0)123456782",
        "+31 (0) 123 456 782",
        "0031 123456782",
        "Tel. 123456782",
        "https://www.utrecht.nl/plannen/123456782",
        "https://lokaleregelgeving.overheid.nl/CVDR123456782/1",
        "utrecht.nl/?id=123456782",
        "utrecht.nl/#123456782",
        "CVDR123456782",
        "CVDR 123456782",
        "RSIN 123456782",
        "RSIN-nummer: 123456782",
        "KvK-nummer 123456782",
        "Ons kenmerk: 123456782",
        "documentnummer 123456782",
        "GM0344, 361.924 inwoners in 2026",
        "10000008",  # eight digits, and nothing calls it a BSN
        "KvK 10000008",
        "BSN onbekend, KvK 10000008",
        "2023.12.343",
        "20261124",
        "besluit 2026-123456782",
        "Z-2026/123456782",
        "52.123456782",
        "2023–2026 en 2027–2030",
        "ISBN 978-90-1234567-8",
        "d41d8cd98f00b204e9800998ecf8427e123456782",
        "1 2 3 4 5 6 7 8 2",
        "12-34-56-782",
        "123456\n782",
        "Artikel 123, lid 456, onder 782",
        "Geen BSN. Zie https://www.utrecht.nl/plannen/123456782",
        "BSN 1234 5678 2012 3456",
        "BSN 1234567820",
    ],
)
def test_another_number_is_no_citizen_service_number(text: str) -> None:
    assert "bsn" not in kinds(text)


def test_nine_digits_are_a_citizen_service_number_if_and_only_if_the_eleven_test_holds() -> None:
    # Each digit in each place, and steps that leave out no remainder.
    for number in itertools.chain(
        range(0, 10**9, 314_159), *(range(0, 10**p, 10 ** (p - 1)) for p in range(1, 10))
    ):
        digits = [int(digit) for digit in f"{number:09}"]
        remainder = sum(weight * digit for weight, digit in zip(range(9, 1, -1), digits, strict=False)) % 11
        holds = remainder == digits[-1] and any(digits)
        text = "".join(map(str, digits))
        assert is_bsn(text) is holds, masked(text)
        assert (kinds(f"zie {text}.") == ["bsn"]) is holds, masked(text)


def test_what_is_found_says_where_and_shows_only_its_ends() -> None:
    text = "De jongere met BSN 1234.56.782 woont hier."
    assert found_in(text) == [Trace(Kind.BSN, 19, 30, "12•••••82")]
    assert text[19:30] == "1234.56.782"


@pytest.mark.parametrize(
    "text", ["123456782", "geb. 03-05-2001", "zaaknummer 2026-00123", "jan.jansen@example.org", "zaaknr 71"]
)
def test_no_excerpt_holds_the_whole(text: str) -> None:
    [trace] = found_in(text)
    whole = text[trace.start : trace.end]
    assert trace.excerpt.count("•") >= (len(whole) + 1) // 3
    assert whole not in trace.excerpt
    assert whole not in repr(trace)


# Dates of birth


@pytest.mark.parametrize(
    "text",
    [
        "geboren op 3 mei 2001",
        "Hij is geboren te Utrecht op 3 mei 2001.",
        "geb. 03-05-2001",
        "geb. 3-5-01",
        "geb.datum: 2001-05-03",
        "Geboortedatum 3/5/2001",
        "Jan Jansen (3-5-2001)",
        "J. Jansen (03.05.2001)",
        "Mohamed el Amrani (3 mei 2001)",
        "Anna van der Berg; 3-5-2001",
        "Jansen, Jan\t03-05-2001",
        "Zoë Élan (* 3 mei 2001)",
        "de op 3 mei 2001 in Utrecht geboren leerling",
        "He was born on 3 May 2001.",
        "date of birth: May 3rd, 2001",
        "Jan Jansen, 12-03-1988",
        "born 3rd of May 2001",
        "d.o.b. 3-5-2001",
    ],
)
def test_a_date_of_birth_is_found(text: str) -> None:
    assert kinds(text) == ["birth_date"]


@pytest.mark.parametrize(
    "text",
    [
        "Vastgesteld op 3 mei 2001",
        "Het plan loopt van 1-1-2023 tot 31-12-2026.",
        "Het idee is geboren in 2001.",
        "Het idee is geboren. Vastgesteld op 3 mei 2001",
        "Integraal Veiligheidsplan (3-5-2012)",
        "Kadernota Integrale Veiligheid (3 mei 2012)",
        "Gemeente Utrecht (3-5-2012)",
        "Wet Politiegegevens (21-7-2007)",
        "Tweede Kamer (3-5-2012)",
        "Den Haag, 3 mei 2012",
        "Bergen op Zoom, 3 mei 2012",
        "Femke Jansen (3-5-2023) zegt dat het beter gaat.",
        "Jan Jansen sprak op 3 mei 2012 in de raad.",
        "Raadsbesluit van 3 mei 2012",
        "radicalisering (3-5-2001)",
        "versie 1.2.2001",
        "geboren getallen 31-31-2001",
        "gebied 3-5-2001",
    ],
)
def test_another_date_is_no_date_of_birth(text: str) -> None:
    assert "birth_date" not in kinds(text)


# Case numbers and e-mail addresses


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("zaaknummer 2026-00123", "2026-00123"),
        ("Zaaknr.: Z26/00123", "Z26/00123"),
        ("dossiernummer is 4711", "4711"),
        ("parketnummer 10/123456-22", "10/123456-22"),
        ("de zaak 10/123456-22 loopt", "10/123456-22"),
        ("de zaak 10-123456-22 loopt", "10-123456-22"),
        ("proces-verbaal nr. PL0900-2023123456", "PL0900-2023123456"),
        ("procesverbaalnummer 2023123456", "2023123456"),
        ("PV-nummer 2023/12", "2023/12"),
        ("mutatienummer PL0900-2023123456", "PL0900-2023123456"),
        ("zie PL0900-2023123456", "PL0900-2023123456"),
        ("BVH-nummer 2023123456", "2023123456"),
        ("casusnummer 17", "17"),
        ("cliëntnummer: 88123", "88123"),
        ("case no. 2026-12", "2026-12"),
        ("file number 2026-12", "2026-12"),
        ("zaaknummer 123456782", "123456782"),
    ],
)
def test_a_case_number_is_found(text: str, number: str) -> None:
    [trace] = found_in(text)
    assert (trace.kind, text[trace.start : trace.end]) == (Kind.CASE_NUMBER, number)
    assert not trace.is_refused


@pytest.mark.parametrize(
    "text",
    [
        "het proces-verbaal van de vergadering van 3 mei",
        "Elke zaak krijgt een zaaknummer in het systeem.",
        "In 12 dossiers is overlegd.",
        "dossiers 2023",
        "het parket van 2023",
        "motie 10/2023",
        "bladzijde 12–14",
    ],
)
def test_an_ordinary_sentence_has_no_case_number(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize("text", ["j.jansen@utrecht.nl", "mail <jan+werk@sub.example.org>."])
def test_an_email_address_is_found(text: str) -> None:
    assert kinds(text) == ["email"]


@pytest.mark.parametrize("text", ["@utrecht", "wij werken @ school", "utrecht.nl", "a@b"])
def test_an_at_sign_is_no_email_address(text: str) -> None:
    assert kinds(text) == []


POLICY = (
    "Vastgesteld door de raad op 3 mei 2022 (raadsbesluit 22.0123). Wij werken samen met het Zorg- en "
    "Veiligheidshuis, de politie (eenheid Midden-Nederland) en 31 scholen; het budget is € 1.250.000 in "
    "2023–2026. Contact: 14 030, Postbus 16200, 3500 CE Utrecht. KvK 30280353, RSIN 002220647, "
    "IBAN NL26 BNGH 0285 0000 00. Zie https://lokaleregelgeving.overheid.nl/CVDR696331 (art. 38b "
    "Politiewet 2012; Stb. 2012, 315) en bladzijde 12–14."
)


def test_a_paragraph_of_policy_raises_no_question() -> None:
    assert found_in(POLICY) == []


PIECES = [
    "1",
    "1 ",
    "a@",
    "a.",
    "Jan ",
    "geb ",
    "1.",
    "zaaknummer ",
    "bsn ",
    "12-",
    "(",
    "123456782 ",
    "bsn 123456782 ",
    "bsn/1",
    "a@b.nl ",
    "\u200b1",
]


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_text_takes_no_long_time(piece: str) -> None:
    started = time.process_time()
    found_in(piece * (500_000 // len(piece)))
    assert time.process_time() - started < 3  # what takes the square of the length takes minutes


# Forms


class PlanForm(GuardedForm, forms.Form):
    unguarded = ("contact",)

    title = forms.CharField(label="Title")
    text = forms.CharField(label="Text", widget=forms.Textarea, required=False)
    contact = forms.CharField(label="Contact", required=False)
    mail = forms.EmailField(label="Mail", required=False)
    site = forms.URLField(label="Site", required=False, assume_scheme="https")
    kind = forms.ChoiceField(choices=[("123456782", "Odd")], required=False)


def posted(**data: str) -> PlanForm:
    return PlanForm({"title": "Plan", **data})


@pytest.fixture(autouse=True)
def in_english() -> Any:
    with translation.override("en"):
        yield


def test_a_form_without_traces_is_as_it_was() -> None:
    form = posted(text=POLICY)
    assert form.is_valid()
    assert LOOKED_AT not in form.fields
    assert LOOKED_AT not in PlanForm().fields


@pytest.mark.parametrize("box", [{}, {LOOKED_AT: "on"}])
def test_a_citizen_service_number_is_refused_whatever_is_ticked(box: dict[str, str]) -> None:
    form = posted(text="De jongere met BSN 123456782", **box)
    assert form.errors == {
        "text": ["Take out the citizen service number 12•••••82. No law lets this register keep one."]
    }
    assert form.errors.as_data()["text"][0].code == Kind.BSN
    assert LOOKED_AT not in form.fields
    assert "123456782" not in str(form.errors)


def test_something_else_is_asked_about_once() -> None:
    typed = {"text": "Geboren op 3 mei 2001 volgens zaaknummer 2026-00123, en weer zaaknummer 2026-00123."}
    form = posted(**typed)
    assert form.errors == {
        "text": [
            "This may be data about a person: date of birth 3 ••••••01, case number 20••••••23. "
            "Take it out, or tick the box at the end of this form."
        ]
    }
    assert form[LOOKED_AT].help_text == (
        "This register is about policy. By a date of birth somebody can be recognised. "
        "A case number leads to the file of a person."
    )
    again = posted(**typed, no_person_data="on")
    assert again.is_valid()
    assert again.cleaned_data["text"] == typed["text"]
    assert LOOKED_AT not in again.cleaned_data


def test_the_box_stays_ticked_while_something_else_is_wrong() -> None:
    form = posted(title="", text="casusnummer 17", no_person_data="on")
    assert list(form.errors) == ["title"]
    assert "checked" in str(form[LOOKED_AT])


def test_addresses_choices_and_what_is_named_are_left_alone() -> None:
    form = posted(
        contact="jan@example.org", mail="jan@example.org", site="https://a.nl/123456782", kind="123456782"
    )
    assert form.is_valid(), form.errors


def test_a_field_that_is_wrong_in_another_way_says_that_first() -> None:
    class ShortForm(GuardedForm, forms.Form):
        text = forms.CharField(max_length=5)

    form = ShortForm({"text": "123456782"})
    assert "at most 5" in form.errors["text"][0]


def test_a_form_of_a_model_and_one_with_a_prefix_are_guarded_too() -> None:
    class PartnerForm(GuardedForm, forms.ModelForm):
        class Meta:
            model = Partner
            fields = ("name",)

    form = PartnerForm({"een-name": "Casusnummer 17"}, prefix="een")
    form.validate_unique = lambda: None  # type: ignore[method-assign]
    form._post_clean = lambda: None
    assert list(form.errors) == ["name"]
    box = str(form[LOOKED_AT])
    assert 'name="een-no_person_data"' in box
    form = PartnerForm({"een-name": "Casusnummer 17", "een-no_person_data": "on"}, prefix="een")
    form._post_clean = lambda: None
    assert form.is_valid()


LAYOUTS = {
    "submit": lambda: Layout("title", "text", Submit("save", "Save")),
    "holder": lambda: Layout("title", "text", ButtonHolder(Submit("save", "Save"))),
    "deep": lambda: Layout(Div("title", Div("text", Submit("save", "Save"))), "mail"),
    "none": lambda: None,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_box_stands_before_the_button_and_belongs_to_its_label(layout: str) -> None:
    shared = FormHelper()
    shared.layout = LAYOUTS[layout]()
    if layout == "none":
        shared.add_input(Submit("save", "Save"))

    class LaidOutForm(PlanForm):
        helper = shared

    def written(form: forms.Form) -> str:
        return render_crispy_form(form, context={"csrf_token": "token"})

    form = LaidOutForm(QueryDict("title=Plan&text=casusnummer+17"))
    assert not form.is_valid()
    html = written(form)
    assert html.count('name="no_person_data"') == 1
    assert html.index('name="text"') < html.index('name="no_person_data"') < html.index('name="save"')
    assert '<label class="pt-choice" for="id_no_person_data">' in html
    assert "casusnummer 17" in html
    assert LOOKED_AT not in written(LaidOutForm())


def test_a_layout_without_a_button_gets_the_box_at_its_end() -> None:
    form = posted(text="casusnummer 17")
    form.helper = FormHelper()
    form.helper.layout = Layout("title", "text")
    form.helper.form_tag = False
    assert not form.is_valid()
    assert render_crispy_form(form, context={"csrf_token": "x"}).rstrip().count("no_person_data") > 0


# Documents


class UploadForm(GuardedForm, forms.Form):
    document = DocumentField(required=False)


def uploaded(file: SimpleUploadedFile, **data: str) -> UploadForm:
    return UploadForm(data, {"document": file})


def test_a_document_with_a_citizen_service_number_is_refused_with_its_page() -> None:
    form = uploaded(upload(pdf("Plan", "BSN 123456782")), no_person_data="on")
    assert form.errors["document"] == [
        "Take the citizen service number 12•••••82 (page 2) out of this document and choose it again. "
        "No law lets this register keep one."
    ]


def test_a_document_is_asked_about_and_taken_when_the_box_is_ticked() -> None:
    file = upload(docx(*(f"Persoon {number}, geboren op {number} mei 2001" for number in range(1, 6))))
    form = uploaded(file)
    assert form.errors["document"] == [
        "This document may have data about a person: date of birth 1 ••••••01, 2 ••••••01, 3 ••••••01, …. "
        "Choose it again, without that or with the box at the end of this form ticked."
    ]
    assert LOOKED_AT in form.fields
    again = uploaded(file, no_person_data="on")
    assert again.is_valid()
    assert again.cleaned_data["document"].file.read(2) == b"PK"


def test_the_name_of_a_document_is_looked_at_too() -> None:
    form = uploaded(upload(pdf(), "Casus_123456782.pdf"), no_person_data="on")
    assert form.errors["document"] == [
        "Take the citizen service number 12•••••82 (in the name of the file) out of this document "
        "and choose it again. No law lets this register keep one."
    ]
    named = upload(pdf(), "Brief aan jan.jansen@example.org.pdf")
    assert "(in the name of the file)" in uploaded(named).errors["document"][0]
    assert uploaded(named, no_person_data="on").is_valid()
    assert uploaded(upload(pdf(), "IVP_2023_2026_100 (22-0123) v2.pdf")).is_valid()


def test_a_document_that_cannot_be_read_is_taken_when_somebody_says_to_have_looked() -> None:
    form = uploaded(upload(pdf("")))
    assert [error.code for error in form.errors.as_data()["document"]] == [LOOKED_AT]
    assert "cannot be read here in whole" in form.errors["document"][0]
    assert form[LOOKED_AT].help_text == (
        "This register is about policy. "
        "Nobody but you has looked through a document that cannot be read here."
    )
    assert uploaded(upload(pdf("")), no_person_data="on").is_valid()


def test_a_document_may_name_whom_to_write_to() -> None:
    assert uploaded(upload(pdf("Vragen: veiligheid@utrecht.nl"))).is_valid()
    assert UploadForm({}).is_valid()
