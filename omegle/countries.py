"""What the law of some countries asks of a service like this one about its visitors' ages.

As we read it in November 2026, and for adults alone with strangers they can see and write to. It is
not legal advice, and it is not complete: a country that is not here was not looked at, or asks for
nothing in particular. The European Union is not here: Article 28 of the Digital Services Act asks
for what is appropriate, and names no method.
"""

from dataclasses import dataclass
from typing import Final

from matching.tickets import Level

# From the weakest to the strongest.
_ORDER: Final = ("none", "self", "provider")


@dataclass(frozen=True, slots=True)
class Demand:
    """The weakest way to know ages that will do, and where that is written."""

    level: Level
    source: str


DEMANDS: Final[dict[str, Demand]] = {
    # Without highly effective age assurance a service has to be made for children too (s. 35), and
    # what they say of themselves is none (Ofcom, guidance of 16 January 2025).
    # https://legislation.gov.uk/ukpga/2023/50
    "GB": Demand("provider", "Online Safety Act 2023, s. 12 and 35"),
    # The codes for relevant electronic services of 9 September 2025, in force since 9 March 2026,
    # and the minimum age for social media of 10 December 2025.
    # https://www.esafety.gov.au/industry/codes
    "AU": Demand("provider", "Online Safety Act 2021, industry codes and Part 4A"),
    # Where something is not for minors, what they say of themselves is not enough (Art. 9), since
    # March 2026. https://www.planalto.gov.br
    "BR": Demand("provider", "Lei 15.211/2025 (ECA Digital), Art. 9"),
    # Nobody under 13 without their parents; a neutral question at the door is the usual screen.
    # https://www.ecfr.gov/current/title-16/part-312
    "US": Demand("self", "COPPA Rule, 16 CFR Part 312"),
}


def demand_of(code: str) -> Demand | None:
    """Give what is asked for there; of a part of a country that is not listed, the whole's."""
    return DEMANDS.get(code) or DEMANDS.get(code.partition("-")[0])


def is_weaker(level: str, demand: Demand) -> bool:
    return _ORDER.index(level) < _ORDER.index(demand.level)
