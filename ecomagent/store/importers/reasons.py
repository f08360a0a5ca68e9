"""What is wrong with a row and what to do about it, in the merchant's words."""

from __future__ import annotations

from collections.abc import Collection

from ecomagent.store.importers.parse import Kind
from ecomagent.store.importers.subjects import SUBJECTS

_KINDS = {
    Kind.MONEY: "an amount of money",
    Kind.INTEGER: "a whole number",
    Kind.NUMBER: "a number",
    Kind.MOMENT: "a date",
    Kind.BOOL: "yes or no",
    Kind.ID: "an id",
    Kind.TEXT: "a text",
}
_EXAMPLES = {
    Kind.MONEY: "Write it like 12.50.",
    Kind.INTEGER: "Write it like 12.",
    Kind.NUMBER: "Write it like 0.25.",
    Kind.MOMENT: "Write it like 2024-03-05 14:30.",
    Kind.BOOL: "Write yes or no.",
}


def explain(
    code: str, field: str, subject: str, currency: str, mapped: Collection[str]
) -> tuple[str, str]:
    """Reason and remedy.

    Args:
        code: What ``check`` found, or what ``read`` could not tell apart.
        field: The field concerned; empty for a whole row.
        subject: What the file is about.
        currency: The shop's currency.
        mapped: The fields that the file has.
    """
    if code in _OF_ROWS:
        return _OF_ROWS[code]
    if code.startswith("columns:"):
        _, found, expected = code.split(":")
        return (
            f"the row has {found} cells where the header has {expected}",
            "Add or remove separators, or put cells that hold a separator in quotes.",
        )
    spec = SUBJECTS[subject].field(field)
    spoken = field.replace("_", " ")
    key = " and ".join(k.replace("_", " ") for k in SUBJECTS[subject].key if k in mapped)
    known = {
        "missing": (f"{spoken} is missing", "Fill it in."),
        "unread": (f"{spoken} is not {_KINDS[spec.kind]}", _EXAMPLES.get(spec.kind, "Correct it.")),
        "negative": (f"{spoken} is negative", "Write it without a minus; returns are negative "
                     "quantities." if subject == "orders" else "Write it without a minus."),
        "zero": (f"{spoken} is zero", "Correct it, or remove the row."),
        "fraction": (f"{spoken} is not a whole number", "Count in whole units."),
        "future": (f"{spoken} lies in the future", "Correct the date, or import it when it is "
                   "past; if day and month are swapped, pass --map day_first=yes or no."),
        "early": (f"{spoken} lies before 1980", "Correct the date."),
        "large": (f"{spoken} is too large to be true", "Correct it."),
        "long": (f"{spoken} is longer than 200 characters", "Shorten it, or map another column."),
        "shortened": (f"a spreadsheet has cut off the last digits of {spoken}", "Fill in the whole "
                      "number, or export it again and import that file without saving it in a "
                      "spreadsheet program."),
        "currency": (f"{spoken} is not in {currency}, the shop's currency",
                     f"Convert it to {currency}; the tool never guesses an exchange rate."),
        "discount": ("discount is more than the whole line costs",
                     "Give the money taken off the whole line, not a percentage."),
        "duplicate": (f"another row has the same {key} but other values",
                      "Keep one of them."),
        "unknown": ("there is no product of this SKU",
                    "Import products or orders that have it, then this file again."),
        "kind": ("kind is neither list nor promotion", "Write list or promotion."),
        "order": ("the price ends before it starts", "Swap or correct the dates."),
        "event": ("the event is not known", "Write sent, held_out, opened, clicked, converted or "
                  "unsubscribed."),
    }  # fmt: skip
    return known[code]


_OF_ROWS = {
    "quote": (
        "a quotation mark is opened and not closed",
        "Close the quotation mark, or write it twice inside a cell.",
    ),
    "characters": (
        "the row holds characters that its encoding does not have",
        "Save the file as UTF-8 and correct the broken characters.",
    ),
}
