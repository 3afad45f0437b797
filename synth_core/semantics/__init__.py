"""Which columns look like personal data: by headers in several languages, forms, check digits and word lists."""

from synth_core.semantics.detection import Seen, detect, in_context
from synth_core.semantics.headers import from_header, header_words, says_nothing
from synth_core.semantics.neighbours import flagged_by_neighbours, with_neighbours
from synth_core.semantics.notes import holds, inside
from synth_core.semantics.patterns import luhn
from synth_core.semantics.titles import ABOUT_PEOPLE, KEEPS_KIND, SEMANTICS, TITLES, title

__all__ = [
    "ABOUT_PEOPLE",
    "KEEPS_KIND",
    "SEMANTICS",
    "TITLES",
    "Seen",
    "detect",
    "flagged_by_neighbours",
    "from_header",
    "header_words",
    "holds",
    "in_context",
    "inside",
    "luhn",
    "says_nothing",
    "title",
    "with_neighbours",
]
