"""Writing the library of typical measures and the support on offer, as municipalities/loading.py says."""

from measures.models import SupportOffer, TypicalMeasure
from measures.register_files import MeasureFiles
from municipalities.loading import TableReport, source_values, synchronise_sourced


def load(files: MeasureFiles) -> list[TableReport]:
    """Write the files, which have no problems, inside the caller's transaction."""
    return [_load_typical_measures(files), _load_support_offers(files)]


def _load_typical_measures(files: MeasureFiles) -> TableReport:
    wanted = {
        row.key: {
            **source_values(row),
            "title_nl": row.title_nl,
            "title_en": row.title_en,
            "category": row.category,
            "phase": row.phase,
            "text_nl": row.text_nl,
            "text_en": row.text_en,
        }
        for row in files.typical_measures.rows
    }
    return synchronise_sourced(TypicalMeasure, wanted)


def _load_support_offers(files: MeasureFiles) -> TableReport:
    wanted = {
        row.key: {
            **source_values(row),
            "name": row.name,
            "provider": row.provider,
            "kind": row.kind,
            "audience": row.audience,
            "has_ended": row.has_ended,
            "text_nl": row.text_nl,
            "text_en": row.text_en,
        }
        for row in files.support_offers.rows
    }
    return synchronise_sourced(SupportOffer, wanted)
