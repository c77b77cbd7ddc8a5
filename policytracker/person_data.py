"""The register is about policy, never about persons: what looks like data about somebody is stopped here.

`found_in` finds its traces in a text. `GuardedForm` looks for them in what people type and in the documents
they upload: a citizen service number is refused; anything else must be looked at once by whoever typed it,
since a text can name a date or a case without telling anything about a person.

A trace shows only the ends of what was found, so that no message, log or test holds the whole of it.
"""

import copy
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import Any, ClassVar, NamedTuple

from crispy_forms.bootstrap import FormActions, StrictButton
from crispy_forms.layout import BaseInput, ButtonHolder
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from policytracker.dates import today
from policytracker.documents import Checked, Reading, text_of


class Kind(models.TextChoices):
    """What a trace is of."""

    BSN = "bsn", _("citizen service number")
    BIRTH_DATE = "birth_date", _("date of birth")
    CASE_NUMBER = "case_number", _("case number")
    EMAIL = "email", _("e-mail address")

    @property
    def why(self) -> str | Promise:
        """Why it has no place in the register."""
        return WHY[self]


WHY = {
    # art. 46 Uitvoeringswet AVG: a BSN is used only where a law says so.
    Kind.BSN: _("No law lets this register keep one."),
    Kind.BIRTH_DATE: _("By a date of birth somebody can be recognised."),
    Kind.CASE_NUMBER: _("A case number leads to the file of a person."),
    Kind.EMAIL: _("An e-mail address is often that of a person: name the organisation instead."),
}

ENOUGH = (
    100  # places of one kind: who must take out so many needs no list of them, and a worker has more to do
)

# A document of a council names whom to write to, and may.
IN_DOCUMENTS = {Kind.BSN, Kind.BIRTH_DATE, Kind.CASE_NUMBER}


@dataclass(frozen=True)
class Trace:
    """A place in a text, as it is `readable`, that looks like data about a person."""

    kind: Kind
    start: int
    end: int
    excerpt: str  # masked

    @property
    def is_refused(self) -> bool:
        """Whether no explanation makes it acceptable."""
        return self.kind == Kind.BSN


def found_in(text: str) -> list[Trace]:
    """The traces of data about persons in a text, in their order; where two overlap, the graver one."""
    text = readable(text)
    found: list[Trace] = []
    for start, end, kind in sorted(
        (start, end, kind) for kind, places in SEARCHES.items() for start, end in islice(places(text), ENOUGH)
    ):
        trace = Trace(kind, start, end, masked(text[start:end], digits_only=kind == Kind.BSN))
        if not found or found[-1].end <= start:
            found.append(trace)
        elif GRAVITY.index(kind) < GRAVITY.index(found[-1].kind):
            found[-1] = trace
    return found


def readable(text: str) -> str:
    """The text as the eye reads it: ordinary digits and letters, and no signs that nobody sees."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)
    return text.translate({ord(sign): None for sign in set(text) if unicodedata.category(sign) == "Cf"})


def masked(text: str, *, digits_only: bool = False) -> str:
    """The first and last two characters, or fewer of a short text, with dots between."""
    text = NO_DIGITS.sub("", text) if digits_only else text
    shown = min(2, len(text) // 3)
    return text[:shown] + "•" * (len(text) - 2 * shown) + text[len(text) - shown :]


Place = tuple[int, int]
NO_DIGITS = re.compile("[^0-9]")

# Citizen service numbers

WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
NEAR = 40  # characters between a number and the word that names it

# Not inside a longer number, a word, an address, an amount with decimals or a reference with signs.
START = r"(?:(?<!\w)|(?<=bsn)|(?<=nummer))(?<![0-9][.,:/_-])(?<![/=&#@+])"
END = r"(?!\w)(?![.,:/_-][0-9])(?!/\w)"
SPACE = "[ \u00a0\u2009\u202f]"

BSN_SHAPES = re.compile(
    rf"{START}(?:[0-9]{{9}}"
    # 1234.56.782, unless it is a year and a month with a number behind them
    rf"|(?!(?:19|20)[0-9]{{2}}.(?:0[1-9]|1[0-2]))[0-9]{{4}}\.[0-9]{{2}}\.[0-9]{{3}}"
    # in groups with spaces, unless they are part of a longer row of groups
    rf"|(?<![0-9]{SPACE})(?:[0-9]{{4}}{SPACE}[0-9]{{2}}{SPACE}[0-9]{{3}}"
    rf"|[0-9]{{3}}{SPACE}[0-9]{{3}}{SPACE}[0-9]{{3}})(?!{SPACE}[0-9])"
    rf"){END}",
    re.IGNORECASE,
)
# Where its name stands near, the number may have any signs between its digits, and may lack its leading zero.
NAMED_BSN_SHAPES = re.compile(rf"{START}[0-9](?:(?:{SPACE}|[.-])?[0-9]){{7,8}}{END}", re.IGNORECASE)
# Right behind its name it may be written in any way, and stand in an address.
CALLED = (
    r"[a-z'’-]{0,10}[\W_]{0,5}(?:(?:is|was|nummer|nr|number|no)(?![a-z])[\W_]{0,5})?(?<![0-9])(?P<number>"
)
BETWEEN = r"[\s./_‐-―-]{0,3}"
CALLED_BSN_SHAPES = (
    re.compile(rf"{CALLED}[0-9]{{8,9}})(?![0-9])", re.IGNORECASE),
    re.compile(rf"{CALLED}[0-9](?:{BETWEEN}[0-9]){{7,8}})(?!{BETWEEN}[0-9])", re.IGNORECASE),
)
BSN_NAME = re.compile(
    r"(?<![^\W_])bsn|burgerservice|\bsofi(?:-|\b|num|nr)|persoonsnummer|citizen service number", re.IGNORECASE
)
# What ends in "number" is another number, unless it is one by which a person is known.
NOT_OF_A_PERSON = "".join(
    f"(?<!{word})"
    for word in (
        "bsn",
        "burgerservice",
        "sofi",
        "persoons",
        "leerling",
        "student",
        "onderwijs",
        "identiteits",
    )
)
OTHER_NAME_BEFORE = re.compile(
    r"(?:\b(?:rsin|kvk|oin|kenmerk|referentie|reference|ref|cvdr|isbn|doi|btw|tel|telefoon|phone|fax|mobiel)\b"
    rf"|[a-z]{{3,}}{NOT_OF_A_PERSON}(?:nummer|nr|number)\b"
    r"|€|\$|\beuro?\b"
    r"|(?:\+|\b00)[0-9]{2})"
    r"[\s.:()0-]{0,4}(?:nummer|nr|no|number)?[\s.:]{0,3}$",
    re.IGNORECASE,
)
OTHER_NAME_AFTER = re.compile(
    r"\s{0,2}(?:€|%|(?:euro?|inwoners|inhabitants|personen|persons)\b)", re.IGNORECASE
)


def is_bsn(digits: str) -> bool:
    """Whether nine digits are a citizen service number by the eleven-test of the Dutch government."""
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=True))
    return total % 11 == 0 and digits != "000000000"


def citizen_service_numbers(text: str) -> Iterator[Place]:
    """Where citizen service numbers stand that nothing near them calls something else."""
    for match in BSN_SHAPES.finditer(text):
        if is_bsn_here(text, match.span()):
            yield match.span()
    names = [name.span() for name in BSN_NAME.finditer(text)]
    ends = [end for _start, end in names]
    for end in ends:
        for shape in CALLED_BSN_SHAPES:
            called = shape.match(text, end)
            if called and is_bsn_here(text, called.span("number")):
                yield called.span("number")
    for match in NAMED_BSN_SHAPES.finditer(text) if names else ():
        nearest = bisect_right(ends, match.start() - NEAR)
        is_near = nearest < len(names) and names[nearest][0] < match.end() + NEAR
        if is_near and is_bsn_here(text, match.span()):
            yield match.span()


def is_bsn_here(text: str, place: Place) -> bool:
    """Whether the number found is one by the eleven-test, and is not called something else."""
    start, end = place
    if not is_bsn(NO_DIGITS.sub("", text[start:end]).zfill(9)):
        return False
    before = text[max(start - NEAR, 0) : start]
    return not (OTHER_NAME_BEFORE.search(before) or OTHER_NAME_AFTER.match(text, end))


# Case numbers

CASE_NUMBERS = re.compile(
    r"\b(?:(?:zaak|dossier|parket|mutatie|casus|cli[eë]nt|patiënt|v-?)-?(?:nummers?|nrs?)"
    r"|(?:proces-?verbaal|pv|bvh)(?:-?(?:nummer|nr)|\s(?:nummer|nr))"
    r"|(?:case|file)\s(?:number|no|nr))\b"
    r"[\s.:]{0,3}(?:is\s|=\s?)?"
    r"(?P<named>(?=[^\s,;()]{0,20}[0-9])[\w./-]{0,30}\w)"
    r"|(?<![\w./-])(?P<parket>[0-9]{2}[/-][0-9]{6}-[0-9]{2})(?![\w/-])"
    r"|\b(?P<police>PL[0-9]{4}-?[0-9]{8,10})\b",
    re.IGNORECASE,
)


def case_numbers(text: str) -> Iterator[Place]:
    """Where numbers of a person's file stand: of police, prosecutor, care or the municipality itself."""
    for match in CASE_NUMBERS.finditer(text):
        yield match.span(match.lastgroup or 0)


# Dates of birth

MONTHS = (
    "jan(?:uari|uary)?|feb(?:ruari|ruary)?|mrt|maart|mar(?:ch)?|apr(?:il)?|mei|may|juni?|june|juli?|july"
    "|aug(?:ustus|ust)?|sep(?:t(?:ember)?)?|okt(?:ober)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
DAY, YEAR = r"(?:0?[1-9]|[12][0-9]|3[01])", r"(?:19|20)[0-9]{2}"
DATES = re.compile(
    rf"(?<![\w.,/-])(?:{DAY}([-/.])(?:0?[1-9]|1[0-2])\1(?:{YEAR}|[0-9]{{2}})"
    rf"|{YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    rf"|{DAY}(?:st|nd|rd|th|e)?\s(?:of\s)?(?:{MONTHS})\.?,?\s{YEAR}"
    rf"|(?:{MONTHS})\.?\s{DAY}(?:st|nd|rd|th)?,?\s{YEAR})(?![\w/-]|[.,][0-9])",
    re.IGNORECASE,
)
WHOLE_YEAR = re.compile(YEAR)
BORN_BEFORE = re.compile(
    r"\b(?:geb\.|d\.o\.b\.|(?:geboren|geb|geboortedatum|geboortedag|born|birth|dob)\b)[^0-9.!?\n]{0,40}$",
    re.IGNORECASE,
)
BORN_AFTER = re.compile(r"[^0-9.!?\n]{0,25}\bgeboren\b", re.IGNORECASE)

CAPITALISED = r"[A-ZÀ-ÖØ-Þ][\w'’-]+"
PARTICLES = "van|de|der|den|het|te|ten|ter|el|al|ben|bin|bint|ibn|abu|von|da|du|la|le|'t|’t"
# A name, and then a date in brackets, behind a comma or in the next column.
NAME_BEFORE = re.compile(
    rf"(?P<name>\b(?:{CAPITALISED}|(?:[A-Z]\.)+)(?:,?\s(?:{PARTICLES}))*(?:,?\s{CAPITALISED}){{1,3}})"
    r"\s?(?:[(;,|]|\t)\s?[*°]?\s?$"
)
# Words that begin with a capital and are dated, and are nobody's name.
NOT_A_NAME = re.compile(
    r"plan|nota|raad|beleid|beslui|wet\b|\bwet|gemeente|visie|agenda|akkoord|verordening|programma|inspectie"
    r"|ministerie|minister\b|regio|politie|college|commissie|kamer|rapport|evaluatie|onderzoek|brief|verslag"
    r"|vergadering|motie|amendement|versie|bijlage|notitie|strategie|aanpak|veilig|stichting|vereniging"
    r"|provincie|verdrag|convenant|overleg|courant|\bden\b|policy|council|act\b|report|version|letter",
    re.IGNORECASE,
)
CONTEXT = 80
YOUNGEST = 8  # years: a later date in brackets behind a name is the day on which somebody said something


def birth_dates(text: str) -> Iterator[Place]:
    """Where dates stand that are called a birth date, or that follow a name as one does."""
    latest = today().year - YOUNGEST
    for match in DATES.finditer(text):
        before = text[max(match.start() - CONTEXT, 0) : match.start()]
        if BORN_BEFORE.search(before) or BORN_AFTER.match(text, match.end()):
            yield match.span()
            continue
        name, year = NAME_BEFORE.search(before), WHOLE_YEAR.search(match[0])
        if name and year and int(year[0]) <= latest and not NOT_A_NAME.search(name["name"]):
            yield match.span()


# E-mail addresses

EMAILS = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


def email_addresses(text: str) -> Iterator[Place]:
    """Where e-mail addresses stand."""
    for match in EMAILS.finditer(text):
        yield match.span()


SEARCHES: dict[Kind, Callable[[str], Iterator[Place]]] = {
    Kind.BSN: citizen_service_numbers,
    Kind.CASE_NUMBER: case_numbers,
    Kind.BIRTH_DATE: birth_dates,
    Kind.EMAIL: email_addresses,
}
GRAVITY = list(SEARCHES)


# Forms

LOOKED_AT = "no_person_data"
WITH_ADDRESS = (forms.EmailField, forms.URLField)
BUTTONS = (BaseInput, StrictButton, ButtonHolder, FormActions)
SHOWN = 3  # of one kind beside one field

# By whether they stand beside a document.
REFUSED = {
    False: _("Take out the citizen service number %(found)s. %(why)s"),
    True: _("Take the citizen service number %(found)s out of this document and choose it again. %(why)s"),
}
DOUBTED = {
    False: _(
        "This may be data about a person: %(found)s. Take it out, or tick the box at the end of this form."
    ),
    True: _(
        "This document may have data about a person: %(found)s. "
        "Choose it again, without that or with the box at the end of this form ticked."
    ),
}


UNREAD = _(
    "This document cannot be read here in whole: it may have scanned pages, or be very long. Look through it "
    "yourself, and choose it again with the box at the end of this form ticked."
)
UNREAD_WHY = _("Nobody but you has looked through a document that cannot be read here.")


class GuardedForm(forms.BaseForm):
    """A form whose texts and documents may not hold data about persons.

    A citizen service number is an error. Anything else that looks like such data is an error until a box is
    ticked, which is in the form only then. Whoever ticks it says that the text is about nobody of concern.
    """

    unguarded: ClassVar[Collection[str]] = ()  # names of fields that hold such data rightly
    asks_to_look: ClassVar[bool] = True  # where nothing can show the box only what is refused counts

    def full_clean(self) -> None:
        """Clean every field, and then look into those that came out well."""
        super().full_clean()
        if not self.is_bound:
            return
        ticked = bool(self.data.get(self.add_prefix(LOOKED_AT)))
        reasons: list[str | Promise] = []
        for name in [name for name in self.fields if name not in self.unguarded]:
            value = self.cleaned_data.get(name)
            is_document = isinstance(value, Checked)
            found, is_whole = looked_into(self.fields[name], value)
            if numbers := found.pop(Kind.BSN, None):
                about = {"found": listed(numbers), "why": Kind.BSN.why}
                self.add_error(name, ValidationError(REFUSED[is_document], code=Kind.BSN, params=about))
            if not self.asks_to_look:
                continue
            if found and not ticked:
                about = {"found": ", ".join(f"{kind.label} {listed(each)}" for kind, each in found.items())}
                self.add_error(name, ValidationError(DOUBTED[is_document], code=LOOKED_AT, params=about))
            if not is_whole and not ticked:
                self.add_error(name, ValidationError(UNREAD, code=LOOKED_AT))
            reasons += [kind.why for kind in found]
            if not is_whole:
                reasons.append(UNREAD_WHY)
        if reasons:
            self.ask_to_look(dict.fromkeys(reasons))

    def ask_to_look(self, reasons: Iterable[str | Promise]) -> None:
        """Put the box into the form, before its buttons, and say why it is there."""
        reasons = [gettext("This register is about policy."), *reasons]
        self.fields[LOOKED_AT] = forms.BooleanField(
            label=_("I have looked: this is not data about a person of concern"),
            help_text=" ".join(map(str, reasons)),
            required=False,
        )
        helper = getattr(self, "helper", None)
        if helper is not None and helper.layout is not None:
            layout = copy.deepcopy(helper.layout)
            if not placed_before_buttons(layout.fields):
                layout.append(LOOKED_AT)
            self.helper = copy.copy(helper)  # which may be shared with other forms
            self.helper.layout = layout


def placed_before_buttons(items: list[Any]) -> bool:
    """Put the box before the first button or group of buttons, however deep; whether there was one."""
    for place, item in enumerate(items):
        if isinstance(item, BUTTONS):
            items.insert(place, LOOKED_AT)
            return True
        if placed_before_buttons(getattr(item, "fields", [])):
            return True
    return False


class Piece(NamedTuple):
    """A text to look into, for which kinds of trace, and how one that was found is shown."""

    text: str
    kinds: Collection[Kind] = frozenset(Kind)
    shown: str = "%(excerpt)s"


def looked_into(field: forms.Field, value: Any) -> tuple[dict[Kind, list[str]], bool]:
    """What was found in the value of a field, by kind and masked, and whether all of it could be read."""
    pieces, is_whole = [], True
    if isinstance(value, Checked):
        reading = text_of(value)
        pieces, is_whole = pieces_of(value, reading), reading.is_whole
    elif (
        isinstance(field, forms.CharField) and not isinstance(field, WITH_ADDRESS) and isinstance(value, str)
    ):
        pieces = [Piece(value)]
    found: dict[Kind, list[str]] = {}
    for piece in pieces:
        for trace in found_in(piece.text):
            if trace.kind in piece.kinds:
                found.setdefault(trace.kind, []).append(piece.shown % {"excerpt": trace.excerpt})
    return found, is_whole


def pieces_of(document: Checked, reading: Reading) -> list[Piece]:
    """The name of a document and what it says, with where that stands."""
    name = PurePath(document.name).stem.replace("_", " ")
    pieces = [Piece(name, shown=gettext("%(excerpt)s (in the name of the file)"))]
    for page, text in reading.pieces:
        on_page = gettext("%(excerpt)s (page %(page)s)") % {"excerpt": "%(excerpt)s", "page": page}
        pieces.append(Piece(text, IN_DOCUMENTS, on_page if page else "%(excerpt)s"))
    return pieces


def listed(found: Iterable[str]) -> str:
    """The first few, each once."""
    several = list(dict.fromkeys(found))
    return ", ".join([*several[:SHOWN], *(["…"] if len(several) > SHOWN else [])])
