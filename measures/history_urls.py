"""The addresses of the histories of one object: those of each app, under one namespace."""

from django.utils.translation import gettext_lazy as _

from measures.history import LIBRARY, MEASURE, OFFER, PLAN, earlier_measures, earlier_versions, naming
from measures.models import ActionPlan, Measure, SupportOffer, TypicalMeasure
from measures.permissions import WHY_NOT_LIBRARY, WHY_NOT_OFFERS, may_edit_library, may_edit_offers
from municipalities import history_urls
from municipalities.views.object_history import Told, addresses

PLANS = Told(
    "plan",
    ActionPlan,
    PLAN,
    visible_to=ActionPlan.objects.visible_to,
    editable_by=ActionPlan.objects.editable_by,
    texts=("title", "description"),
    label=_("Action plans"),
    list="plans:list",
    owners=earlier_versions,
    naming=naming,
)
MEASURES = Told(
    "measure",
    Measure,
    MEASURE,
    visible_to=Measure.objects.visible_to,
    editable_by=Measure.objects.editable_by,
    texts=(
        "title",
        "description",
        "stopped_because",
        "lead_organisation",
        "funding_source",
        "indicator",
        "target",
    ),
    label=_("Measures"),
    list="measures:list",
    owners=earlier_measures,
    naming=naming,
)
TYPICAL_MEASURES = Told(
    "typical-measure",
    TypicalMeasure,
    LIBRARY,
    visible_to=lambda user: TypicalMeasure.objects.all(),
    editable_by=TypicalMeasure.objects.editable_by,
    texts=("title_nl", "title_en", "text_nl", "text_en"),
    label=_("Library of measures"),
    list="library:list",
    may_edit=may_edit_library,
    why_not=WHY_NOT_LIBRARY,
    attributed=True,
)
OFFERS = Told(
    "offer",
    SupportOffer,
    OFFER,
    visible_to=lambda user: SupportOffer.objects.all(),
    editable_by=SupportOffer.objects.editable_by,
    texts=("name", "provider", "audience", "text_nl", "text_en"),
    label=_("Support"),
    list="support:list",
    may_edit=may_edit_offers,
    why_not=WHY_NOT_OFFERS,
    attributed=True,
)

app_name = "history"
urlpatterns = [
    *history_urls.urlpatterns,
    *addresses("plannen", PLANS),
    *addresses("maatregelen", MEASURES),
    *addresses("maatregelen/bibliotheek", TYPICAL_MEASURES),
    *addresses("ondersteuning", OFFERS),
]
