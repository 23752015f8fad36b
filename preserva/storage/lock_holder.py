"""Who holds the lock of a storage: written by the holder, read by those who wait.

It is one line of text, the same in every language. What another process wrote may be anything, so
a line that is not understood is shown as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from preserva.i18n import _
from preserva.local_time import duration, local_time

_LINE = re.compile(
    r"(?P<host>[^,]{1,255}), process (?P<process>\d{1,10}), since (?P<since>[^,\s]{1,40})"
    r"(?:, (?P<work>[a-z]+(?: [a-z]+)*))?(?:, usually (?P<usual>\d{1,9}) s)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class LockHolder:
    """A process on a computer, since when (ISO 8601), what it does and how long that usually takes.

    `usual` is in seconds; None if nobody knows.
    """

    host: str
    process: int
    since: str
    work: str | None = None
    usual: int | None = None

    def line(self) -> str:
        """As the lock keeps it."""
        work = f", {self.work}" if self.work else ""
        usual = "" if self.usual is None else f", usually {self.usual} s"
        return f"{self.host}, process {self.process}, since {self.since}{work}{usual}"


def holder_for_people(line: str) -> str:
    """What a lock says of its holder, in the reader's language."""
    match = _LINE.fullmatch(line)
    if match is None:
        return line or _("it gave no name")
    try:
        since = local_time(match["since"])
    except (ValueError, OverflowError):
        return line
    facts = {"host": match["host"], "process": match["process"], "since": since}
    if match["work"] is None:
        return _("{host}, process {process}, since {since}").format(**facts)
    facts["work"] = match["work"]
    if match["usual"] is None:
        return _("{work} on {host}, process {process}, since {since}").format(**facts)
    message = _("{work} on {host}, process {process}, since {since}; it usually takes {time}")
    return message.format(**facts, time=duration(int(match["usual"])))
