"""Names of the languages of books, by their codes (ISO 639-2/B, as in MARC)."""

from __future__ import annotations

from preserva.i18n import NP_

CONTEXT = "language"

LANGUAGE_NAMES = {
    "ara": NP_("language", "Arabic"),
    "arm": NP_("language", "Armenian"),
    "bel": NP_("language", "Belarusian"),
    "bul": NP_("language", "Bulgarian"),
    "chi": NP_("language", "Chinese"),
    "chu": NP_("language", "Church Slavonic"),
    "cze": NP_("language", "Czech"),
    "dut": NP_("language", "Dutch"),
    "eng": NP_("language", "English"),
    "est": NP_("language", "Estonian"),
    "fre": NP_("language", "French"),
    "geo": NP_("language", "Georgian"),
    "ger": NP_("language", "German"),
    "grc": NP_("language", "Ancient Greek"),
    "gre": NP_("language", "Greek"),
    "heb": NP_("language", "Hebrew"),
    "hun": NP_("language", "Hungarian"),
    "ita": NP_("language", "Italian"),
    "jpn": NP_("language", "Japanese"),
    "kor": NP_("language", "Korean"),
    "lat": NP_("language", "Latin"),
    "lav": NP_("language", "Latvian"),
    "lit": NP_("language", "Lithuanian"),
    "mnc": NP_("language", "Manchu"),
    "mon": NP_("language", "Mongolian"),
    "orv": NP_("language", "Old East Slavic"),
    "per": NP_("language", "Persian"),
    "pol": NP_("language", "Polish"),
    "rum": NP_("language", "Romanian"),
    "rus": NP_("language", "Russian"),
    "spa": NP_("language", "Spanish"),
    "srp": NP_("language", "Serbian"),
    "swe": NP_("language", "Swedish"),
    "tat": NP_("language", "Tatar"),
    "tur": NP_("language", "Turkish"),
    "ukr": NP_("language", "Ukrainian"),
    "yid": NP_("language", "Yiddish"),
}
