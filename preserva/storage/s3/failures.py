"""What went wrong with a request to an object store, by its status, code and kind.

obstore raises one class for most failures. The answer is in its debug output: each field is on a
line of its own, where no text from a server can appear, because strings are escaped there. The
sentence before it is for people, and nothing is concluded from it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_STATUS = re.compile(r"^ +(?:inner: )?Status \{\n +status: ([0-9]{3})\b", re.MULTILINE)
_BODY = re.compile(r'^ +body: Some\(\n +("[^\n]*)$', re.MULTILINE)
_KIND = re.compile(r"\b(?:HttpError|reqwest::Error) \{\n +kind: (\w+)", re.MULTILINE)
_URI = re.compile(r"^ +uri: Some\(\n +(\S{1,40})", re.MULTILINE)
_CODE = re.compile(r"<Code>(\w{1,64})</Code>")

_ROLE = ("http://169.254.", "http://[fd00:ec2:")
"""Where a machine in a cloud asks for the keys of its role, if none are set."""

_FULL = frozenset({"InsufficientStorage", "QuotaExceeded", "XMinioStorageFull"})
_BUSY = frozenset({"SlowDown", "RequestTimeout", "RequestTimeTooLong", "ServiceUnavailable"})


class Failure(NamedTuple):
    """The HTTP status, the code of S3 ("NoSuchBucket"), and whether there was no whole answer.

    `sentence` is obstore's own, for people. `role` means that keys were requested, not the store.
    """

    sentence: str
    status: int = 0
    code: str = ""
    is_broken: bool = False
    role: bool = False

    @property
    def is_full(self) -> bool:
        """Whether no space is left."""
        return self.status == 507 or self.code in _FULL

    @property
    def is_passing(self) -> bool:
        """Whether the same request may work later."""
        if self.is_broken or self.code in _BUSY:
            return True
        return self.status in {408, 429} or self.status >= 500

    @property
    def is_refused(self) -> bool:
        """Whether the keys were not accepted, or do not permit it."""
        return self.status in {401, 403}


def failure_of(error: BaseException) -> Failure:
    """What an exception of obstore says."""
    sentence, _blank, debug = str(error).partition("\n\nDebug source:\n")
    status = _STATUS.search(debug)
    body = _BODY.search(debug)
    code = _CODE.search(body[1]) if body else None
    uri = _URI.search(debug)
    return Failure(
        sentence,
        int(status[1]) if status else 0,
        code[1] if code else "",
        _KIND.search(debug) is not None,
        uri is not None and uri[1].startswith(_ROLE),
    )
