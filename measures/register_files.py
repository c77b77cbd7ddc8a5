"""The files of the library of typical measures and of the support on offer (docs/sources.md)."""

from dataclasses import dataclass
from pathlib import Path

from measures.models import Category, Phase, SupportOffer, TypicalMeasure
from municipalities import data_files as cells
from municipalities.data_files import Content, Problem, SourcedRow, Table

DIRECTORY = Path(__file__).parent / "data"


@dataclass(frozen=True, kw_only=True)
class TypicalMeasureRow(SourcedRow):
    """An entry of the library."""

    title_nl: str
    title_en: str
    category: str
    phase: str
    text_nl: str
    text_en: str


@dataclass(frozen=True, kw_only=True)
class SupportOfferRow(SourcedRow):
    """A training, tool, guide, advice or grant."""

    name: str
    provider: str
    kind: str
    audience: str
    has_ended: bool
    text_nl: str
    text_en: str


TYPICAL_MEASURES = Table(
    "typical_measures.csv",
    TypicalMeasureRow,
    {
        **cells.sourced(TypicalMeasure),
        "title_nl": cells.text(TypicalMeasure, "title_nl"),
        "title_en": cells.text(TypicalMeasure, "title_en"),
        "category": cells.choice(Category),
        "phase": cells.choice(Phase),
        "text_nl": cells.text(TypicalMeasure, "text_nl"),
        "text_en": cells.text(TypicalMeasure, "text_en"),
    },
    key=("key",),
)
SUPPORT_OFFERS = Table(
    "support_offers.csv",
    SupportOfferRow,
    {
        **cells.sourced(SupportOffer),
        "name": cells.text(SupportOffer, "name"),
        "provider": cells.text(SupportOffer, "provider"),
        "kind": cells.choice(SupportOffer.Kind),
        "audience": cells.text(SupportOffer, "audience"),
        "has_ended": cells.yes_or_no(),
        "text_nl": cells.text(SupportOffer, "text_nl"),
        "text_en": cells.text(SupportOffer, "text_en"),
    },
    key=("key",),
)


@dataclass(frozen=True)
class MeasureFiles:
    """What the files say."""

    typical_measures: Content[TypicalMeasureRow]
    support_offers: Content[SupportOfferRow]

    @property
    def problems(self) -> list[Problem]:
        """Everything that is wrong, in the order of files and rows."""
        return [*sorted(self.typical_measures.problems), *sorted(self.support_offers.problems)]


def read(directory: Path = DIRECTORY) -> MeasureFiles:
    """Read and check the files in the folder."""
    return MeasureFiles(
        typical_measures=TYPICAL_MEASURES.read(directory), support_offers=SUPPORT_OFFERS.read(directory)
    )
