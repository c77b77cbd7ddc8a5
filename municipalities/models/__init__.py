from .areas import PoliceUnit, Province, SafetyRegion
from .municipality import (
    Contact,
    GroupMembership,
    Membership,
    Merger,
    MergerPart,
    Municipality,
    MunicipalityGroup,
)
from .policy import CoverageStatement, PolicyParticipation, SafetyPolicy

__all__ = [
    "Contact",
    "CoverageStatement",
    "GroupMembership",
    "Membership",
    "Merger",
    "MergerPart",
    "Municipality",
    "MunicipalityGroup",
    "PoliceUnit",
    "PolicyParticipation",
    "Province",
    "SafetyPolicy",
    "SafetyRegion",
]
