"""Well-formed ISO 2709 records for tests, of any fields and in any character set."""

from __future__ import annotations

from collections.abc import Sequence

Fields = Sequence[tuple[str, str]]
"""Tag and content; `$` stands for the delimiter, as cataloguers write it."""


def iso2709(
    fields: Fields, codec: str = "utf-8", leader: str = "nam0 22", tail: str = " i "
) -> bytes:
    """One record. The first letters of the leader after the length may be given."""
    directory, data = b"", b""
    for tag, content in fields:
        value = content.replace("$", "\x1f").encode(codec) + b"\x1e"
        directory += f"{tag}{len(value):04}{len(data):05}".encode()
        data += value
    base = 24 + len(directory) + 1
    size = base + len(data) + 1
    head = f"{size:05}{leader:7}{base:05}{tail:3}450 "
    return head.encode("ascii") + directory + b"\x1e" + data + b"\x1d"


RARE_BOOK: Fields = (
    ("001", "RU\\AONB\\rare\\17"),
    ("005", "20241105101500.0"),
    ("012", "  $aн.о. ъ.и. вхъа воиа (3) 1799 (A)$2fei"),
    ("017", "70$a000123$2ru-knpam"),
    ("100", "  $a20241105d1799    |||y0rusy50      ca"),
    ("101", "0 $arus"),
    ("102", "  $aRU"),
    ("141", "  $abc#k1bce$baa##ca$cf$e###be$5АОНБ : Р-17$91234"),
    ("200", "1 $aРазсужденія о вѣрѣ$eвъ двухъ частяхъ$fсочиненіе Ѳедора Иванова"),
    ("210", "  $aМосква$cУнив. тип.$d1799"),
    ("215", "  $aXII, 340 с.$d8° (20 см)"),
    ("316", "  $aБез тит. л.$5АОНБ : Р-17$91234"),
    ("316", "  $aПолный экз.$5АОНБ : Р-18"),
    ("317", "  $aИз собрания купца Чурина$5АОНБ : Р-17"),
    ("318", "  $aреставрация$c20190412$kИванова А. А.$lпереплёт укреплён$5АОНБ : Р-17"),
    ("481", " 0$1001RU\\AONB\\rare\\18$12001 $aПрибавленіе$1700 1$aПетровъ$bИ. П."),
    ("518", "1 $aРассуждения о вере$zrus"),
    ("606", "1 $aКниги рукописные$2nlr_sh"),
    ("686", "  $a86.37$2rubbk"),
    ("700", " 1$aИванов$bФ.$gФедор$f17..-18..$4070"),
    ("703", " 1$aЧурин$bИ. Я.$4390$5АОНБ : Р-17"),
    ("801", " 0$aRU$bAONB$c20241105$gRCR"),
    ("899", "  $aАОНБ$bСектор редких книг$jР-17$p1234"),
    ("899", "  $aАОНБ$bСектор редких книг$jР-18$p1235"),
)
"""A book of 1799 with two copies, one of them restored and bound with another book."""
