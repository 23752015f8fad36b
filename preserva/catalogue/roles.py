"""What people did for a book, in the reader's language (MARC relator codes)."""

from __future__ import annotations

from preserva.i18n import NP_, pgettext

_ROLES = {
    "aft": NP_("role", "author of the afterword"), "ann": NP_("role", "annotator"),
    "art": NP_("role", "artist"), "aui": NP_("role", "author of the foreword"),
    "aut": NP_("role", "author"), "bnd": NP_("role", "binder"), "cmp": NP_("role", "composer"),
    "cmm": NP_("role", "commentator"), "cns": NP_("role", "censor"),
    "com": NP_("role", "compiler"), "ctb": NP_("role", "contributor"),
    "ctg": NP_("role", "cartographer"), "dnr": NP_("role", "donor"),
    "dte": NP_("role", "dedicatee"), "edt": NP_("role", "editor"), "egr": NP_("role", "engraver"),
    "fmo": NP_("role", "former owner"), "ill": NP_("role", "illustrator"),
    "ltg": NP_("role", "lithographer"), "oth": NP_("role", "other role"),
    "pbl": NP_("role", "publisher"), "pht": NP_("role", "photographer"),
    "prt": NP_("role", "printer"), "rev": NP_("role", "reviewer"), "scr": NP_("role", "scribe"),
    "ths": NP_("role", "thesis adviser"), "trl": NP_("role", "translator"),
}  # fmt: skip


def role(code: str) -> str:
    """What a person did, in words; a code that is not known, or a word, stays."""
    return pgettext("role", _ROLES[code]) if code in _ROLES else code
