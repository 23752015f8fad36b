"""What people did for a book, in the reader's language (MARC relator codes)."""

from __future__ import annotations

from preserva.i18n import NP_, pgettext

_ROLES = {
    "art": NP_("role", "artist"), "aui": NP_("role", "author of the foreword"),
    "aut": NP_("role", "author"), "bnd": NP_("role", "binder"), "cmp": NP_("role", "composer"),
    "cns": NP_("role", "censor"), "com": NP_("role", "compiler"),
    "ctb": NP_("role", "contributor"), "ctg": NP_("role", "cartographer"),
    "dnr": NP_("role", "donor"), "dte": NP_("role", "dedicatee"), "edt": NP_("role", "editor"),
    "egr": NP_("role", "engraver"), "fmo": NP_("role", "former owner"),
    "ill": NP_("role", "illustrator"), "pbl": NP_("role", "publisher"),
    "pht": NP_("role", "photographer"), "prt": NP_("role", "printer"),
    "scr": NP_("role", "scribe"), "trl": NP_("role", "translator"),
}  # fmt: skip


def role(code: str) -> str:
    """What a person did, in words; a code that is not known, or a word, stays."""
    return pgettext("role", _ROLES[code]) if code in _ROLES else code
