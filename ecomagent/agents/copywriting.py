"""Words for customers, from templates: no figures, so nothing in them can be wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecomagent.domain.goal import Language

CHINESE_SPEAKING = frozenset({"CN", "HK", "MO", "TW"})
MAX_TITLE = 60
OPENINGS: dict[str, dict[Language, tuple[str, str]]] = {
    "champions": {
        "en": ("For our best customers", "Thank you for coming back to us so often."),
        "zh": ("致我们最好的顾客", "感谢您一直以来的支持。"),
    },
    "loyal": {
        "en": ("Picked for you", "You know us well; these are what others like you enjoy now."),
        "zh": ("为您精选", "您是我们的老朋友,这些是大家最近喜欢的。"),
    },
    "new": {
        "en": ("Nice to have met you", "You were with us recently; here is what else we do well."),
        "zh": ("很高兴认识您", "感谢您的首次光临,看看我们还有哪些好物。"),
    },
    "at_risk": {
        "en": ("We have missed you", "It has been a while; here is what is new since your visit."),
        "zh": ("好久不见", "您有一段时间没来了,看看最近有什么新品。"),
    },
}
OTHERWISE: dict[Language, tuple[str, str]] = {
    "en": ("What people like now", "Here is a small selection from our shop."),
    "zh": ("近期人气之选", "为您挑选了几款店铺好物。"),
}
SIGN_OFF: dict[Language, str] = {
    "en": "You can unsubscribe at any time with the link below.",
    "zh": "您可随时通过下方链接退订。",
}


@dataclass(frozen=True)
class Copy:
    """Subject and body of a message."""

    subject: str
    body: str


def language_of(country: str) -> Language:
    """The language a shop of that country writes to its customers in."""
    return "zh" if country.upper() in CHINESE_SPEAKING else "en"


def campaign_copy(language: Language, segment: str, titles: Sequence[str]) -> Copy:
    """A message to a segment that names products; the same for the same products.

    Args:
        language: Of the shop's customers, not of the goal.
        segment: Customer segment the message is for.
        titles: Product titles, as data: line breaks are taken out and length is cut.
    """
    subject, opening = OPENINGS.get(segment, {}).get(language, OTHERWISE[language])
    listed = "\n".join(f"- {' '.join(title.split())[:MAX_TITLE]}" for title in titles)
    return Copy(subject, f"{opening}\n\n{listed}\n\n{SIGN_OFF[language]}")
