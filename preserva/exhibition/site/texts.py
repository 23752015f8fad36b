"""The site's own texts in the language of a page; templates use these names."""

from __future__ import annotations

from types import SimpleNamespace

from preserva.i18n import N_, NP_, messages_in

LANGUAGES = {"ru": "Русский", "be": "Беларуская", "en": "English"}
"""Each language by its own name."""

HEMISPHERES = (
    NP_("hemisphere", "N"),
    NP_("hemisphere", "S"),
    NP_("hemisphere", "E"),
    NP_("hemisphere", "W"),
)

_TEXTS = {
    "all_books": N_("Books in the exhibition"),
    "author": N_("Authors and other persons"),
    "books": N_("Books"),
    "born": N_("born {date}"),
    "built": N_("As of"),
    "catalogue": N_("Catalogue"),
    "catalogue_lead": N_(
        "The books of both libraries, including those that have not been digitised."
    ),
    "checked": N_("Last checked"),
    "contents": N_("Contents"),
    "items": N_("Library holdings"),
    "item": N_("Item"),
    "credits": N_("Credits and rights"),
    "digitised": N_("Digitised"),
    "edition": N_("Edition"),
    "extent": N_("Extent"),
    "found": N_("Found: {count}"),
    "held_by": N_("Held by"),
    "holder": N_("Holder"),
    "identifier": N_("Identifiers"),
    "imprint": N_("Imprint"),
    "inventory": N_("Inventory number"),
    "labels": N_("Labels"),
    "labels_lead": N_("Labels for the reading room: print this page and cut them out."),
    "language": N_("Language"),
    "languages": N_("Languages"),
    "library": N_("Library"),
    "made_with": N_("Made with preserva {version} from preserved packages."),
    "main": N_("Parts of the site"),
    "map": N_("Map"),
    "map_described": N_("Numbered places on a grid of degrees; the list below names them."),
    "next": N_("Next page"),
    "next_section": N_("Next"),
    "never": N_("not yet"),
    "no_items": N_("No library is named in the record."),
    "no_qr": N_("QR codes need the address of the site."),
    "no_state": N_("No digitised version is known."),
    "nothing_found": N_("Nothing was found."),
    "other_editions": N_("Other editions"),
    "page": N_("Page"),
    "page_of": N_("Page {number} of {count}"),
    "page_text": N_("Text of the page"),
    "page_text_of": N_("Text of page {label}"),
    "page_text_labelled": N_("Text: {label}"),
    "pages": N_("Pages"),
    "part_of_page": N_("Page of a book"),
    "places": N_("Places"),
    "preservation": N_("State of preservation"),
    "previous": N_("Previous page"),
    "previous_section": N_("Previous"),
    "provenance": N_("Former owners"),
    "record": N_("Record"),
    "register": N_("Register of book monuments"),
    "rights": N_("Rights"),
    "search": N_("Search"),
    "search_help": N_("The search covers old and new spelling, Russian and Belarusian."),
    "search_needs_script": N_("The search needs JavaScript; the catalogue can be read without it."),
    "search_words": N_("Words to search for"),
    "section": N_("Section"),
    "sections": N_("Sections"),
    "shelfmark": N_("Shelfmark"),
    "skip": N_("Skip to content"),
    "state": N_("State"),
    "storage": N_("Storage"),
    "subjects": N_("Subjects"),
    "text_missing": N_("This page has no text."),
    "timeline": N_("Timeline"),
    "viewer": N_("The page, enlarged"),
    "viewer_help": N_(
        "Use the arrow keys to move the page, + and - to zoom, Page Up and Page Down to turn pages."
    ),
    "where_to_read": N_("Where to read this book"),
    "works": N_("Works in the catalogue"),
    "writer": N_("Person"),
    "writers": N_("Writers and owners"),
    "zoom_in": N_("Zoom in"),
    "zoom_out": N_("Zoom out"),
}


def texts(language: str) -> SimpleNamespace:
    """Every text in a language, as attributes: a mapping's own (copy, items) would hide texts."""
    translated = messages_in(language)
    return SimpleNamespace(**{name: translated(text) for name, text in _TEXTS.items()})
