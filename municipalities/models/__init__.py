from .areas import PoliceUnit, Province, SafetyRegion
from .document import Document
from .municipality import (
    Contact,
    GroupMembership,
    Membership,
    Merger,
    MergerPart,
    Municipality,
    MunicipalityGroup,
)
from .participation import Participation, ParticipationQuerySet
from .policy import CoverageStatement, PolicyParticipation, SafetyPolicy

__all__ = [
    "Contact",
    "CoverageStatement",
    "Document",
    "GroupMembership",
    "Membership",
    "Merger",
    "MergerPart",
    "Municipality",
    "MunicipalityGroup",
    "Participation",
    "ParticipationQuerySet",
    "PoliceUnit",
    "PolicyParticipation",
    "Province",
    "SafetyPolicy",
    "SafetyRegion",
]
