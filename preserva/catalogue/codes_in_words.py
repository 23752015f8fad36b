"""Codes of records in the reader's language: languages, roles, forms of books.

ISO 639-2/B, MARC relator codes, and the types of resource of MODS. An unknown code stays a code.
"""

from __future__ import annotations

from preserva.catalogue.entry import Facet
from preserva.i18n import N_, _

LANGUAGES = {
    "ara": N_("Arabic"), "bel": N_("Belarusian"), "bul": N_("Bulgarian"), "chi": N_("Chinese"),
    "chu": N_("Church Slavonic"), "cze": N_("Czech"), "dut": N_("Dutch"), "eng": N_("English"),
    "est": N_("Estonian"), "fre": N_("French"), "geo": N_("Georgian"), "ger": N_("German"),
    "grc": N_("Ancient Greek"), "gre": N_("Greek"), "heb": N_("Hebrew"), "ita": N_("Italian"),
    "jpn": N_("Japanese"), "kor": N_("Korean"), "lat": N_("Latin"), "lav": N_("Latvian"),
    "lit": N_("Lithuanian"), "mnc": N_("Manchu"), "mon": N_("Mongolian"),
    "mul": N_("several languages"), "orv": N_("Old East Slavic"), "pol": N_("Polish"),
    "rum": N_("Romanian"), "rus": N_("Russian"), "spa": N_("Spanish"), "srp": N_("Serbian"),
    "tat": N_("Tatar"), "ukr": N_("Ukrainian"), "yid": N_("Yiddish"),
}  # fmt: skip
ROLES = {
    "art": N_("artist"), "aui": N_("author of the foreword"), "aut": N_("author"),
    "bnd": N_("binder"), "cmp": N_("composer"), "cns": N_("censor"), "com": N_("compiler"),
    "ctb": N_("contributor"), "ctg": N_("cartographer"), "dnr": N_("donor"),
    "dte": N_("dedicatee"), "edt": N_("editor"), "egr": N_("engraver"),
    "fmo": N_("former owner"), "ill": N_("illustrator"), "pbl": N_("publisher"),
    "pht": N_("photographer"), "prt": N_("printer"), "scr": N_("scribe"), "trl": N_("translator"),
}  # fmt: skip
FORMS = {
    "cartographic": N_("map"), "manuscript": N_("manuscript"),
    "mixed material": N_("mixed material"), "notated music": N_("printed music"),
    "still image": N_("picture"), "text": N_("text"),
}  # fmt: skip
KINDS = {"single": N_("single book"), "collection": N_("collection")}
FACETS = {
    Facet.HOLDER: N_("holder"), Facet.CENTURY: N_("century"), Facet.LANGUAGE: N_("language"),
    Facet.PLACE: N_("place"), Facet.KIND: N_("kind"), Facet.FORMAT: N_("form"),
}  # fmt: skip
_OF_FACET = {Facet.LANGUAGE: LANGUAGES, Facet.KIND: KINDS, Facet.FORMAT: FORMS}


def role(code: str) -> str:
    """What a person did, in words."""
    return _(ROLES[code]) if code in ROLES else code


def facet(name: Facet) -> str:
    """By what a search can be narrowed, in words."""
    return _(FACETS[name])


def facet_value(name: Facet, value: str) -> str:
    """A value of a facet in words, with the code to narrow a search by."""
    known = _OF_FACET.get(name, {})
    return f"{_(known[value])} [{value}]" if value in known else value
