"""The character sets that tag files may use: IANA names, in lower case, and Python's codecs.

A closed list, because Python's own look-up also knows transformations that are not character sets
(rot13, idna, hex) and accepts unregistered names. RFC 8493 section 2.1.1.
"""

from __future__ import annotations

from collections.abc import Mapping

_SAME = """
    utf-8 utf-16 utf-16be utf-16le utf-32 utf-32be utf-32le us-ascii
    iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8
    iso-8859-9 iso-8859-10 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16
    windows-1250 windows-1251 windows-1252 windows-1253 windows-1254 windows-1255 windows-1256
    windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm850 ibm852 ibm855 ibm857 ibm860 ibm861 ibm862
    ibm863 ibm864 ibm865 ibm866 ibm869 macintosh shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr
    gb2312 gbk gb18030 big5 big5-hkscs hz-gb-2312 tis-620
""".split()  # noqa: SIM905 - names read better as text
_OTHER = {
    "ascii": "us-ascii",
    "latin1": "iso-8859-1",
    "iso_8859-1": "iso-8859-1",
    "iso_8859-5": "iso-8859-5",
    "cyrillic": "iso-8859-5",
    "cp866": "ibm866",
    "cp437": "ibm437",
    "cp850": "ibm850",
    "cp855": "ibm855",
    "windows-874": "cp874",
    "windows-31j": "cp932",
    "ibm00858": "cp858",
    "kz-1048": "kz1048",
    "ptcp154": "ptcp154",
}

CHARSETS: Mapping[str, str] = {name: name for name in _SAME} | _OTHER
