"""Why an aim that was not met cannot be: the measured limit, by benchmark, as the page says it."""

from __future__ import annotations

LIMITS: dict[str, tuple[str, ...]] = {
    "bag": (
        "Small files: two processes that do nothing but open, read, digest and compare each "
        "file need a sixth of bagit-python's time (the row of the bare loop). Validation "
        "takes twice as long as that loop: it lists the folder, compares names in both "
        "directions, and doubts files that change while they are read.",
    ),
    "book": (
        "Identification holds Python's lock, and its call for many files at once costs as "
        "much for each as its call for one; bagit-python's second opinion resolves every path "
        "twice. Both are there for what they find, not for speed.",
    ),
    "line": (
        "2,000 packages with nothing new take about 40 s at 120 ms: each needs its head to be "
        "asked for, and an SFTP server answers as many at once as the window lets it. A new "
        "package needs eight requests for each file over SFTP (create, write, sync, close, "
        "rename and what reads them back), so a third of the former number cannot be had.",
    ),
}
