from .library import BilingualText, Category, Partner, Phase, TypicalMeasure, in_language
from .measure import Measure, MeasurePartner, ProgressUpdate
from .plan import ActionPlan, PlanParticipation, Theme
from .support import SupportOffer, SupportUse

__all__ = [
    "ActionPlan",
    "BilingualText",
    "Category",
    "Measure",
    "MeasurePartner",
    "Partner",
    "Phase",
    "PlanParticipation",
    "ProgressUpdate",
    "SupportOffer",
    "SupportUse",
    "Theme",
    "TypicalMeasure",
    "in_language",
]
