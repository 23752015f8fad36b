"""Sentences for what a storage cannot promise."""

from __future__ import annotations

from preserva.core.values.limitations import Limitation
from preserva.i18n import N_, _

_SENTENCES = {
    Limitation.VOLATILE: N_("Everything is gone when this process ends."),
    Limitation.CACHED_READS: N_("What is read back may come from a cache, not from the disk."),
    Limitation.UNSYNCED_WRITES: N_(
        "What is written may not be on the disk yet: a power cut can lose the newest files."
    ),
    Limitation.REPLACE_NOT_ATOMIC: N_(
        "A small file is replaced by writing over it: a power cut can leave half of it."
    ),
    Limitation.COPIED_ON_PUBLISH: N_(
        "Every file is written twice, because a folder cannot be renamed in one step."
    ),
    Limitation.NO_RESUME: N_("A long file that was cut short is written again from its beginning."),
    Limitation.MERGED_NAMES: N_(
        "Two names that differ only in their bytes may be one on some servers."
    ),
    Limitation.LINKS_LOOKED_AT_FIRST: N_(
        "A link that somebody puts in the place of a folder just before it is used may be followed."
    ),
    Limitation.NO_POSIX_RENAME: N_(
        "The server lacks posix-rename@openssh.com: nothing can be replaced."
    ),
    Limitation.READ_ONLY: N_("The server lets us read, but not write: no package can be stored."),
    Limitation.NO_FSYNC: N_(
        "The server lacks fsync@openssh.com: a power cut can lose the newest files."
    ),
    Limitation.NO_FOLDER_SYNC: N_(
        "The server does not open folders: a power cut can lose the newest names."
    ),
    Limitation.NO_TIMES: N_(
        "The server does not say when a file was written: after a killed run, the next one watches"
        " for a minute whether anybody still writes."
    ),
    Limitation.NO_FENCE: N_(
        "A suspended writer that goes on cannot be stopped: its lock is free only for the computer"
        " on which it ran, once it has ended."
    ),
    Limitation.LATE_DELETES: N_(
        "A deletion that was sent before its writer lost the lock, and arrives later, still takes"
        " effect; the next audit finds it."
    ),
    Limitation.KEEPS_VERSIONS: N_(
        "The bucket keeps old versions: what is deleted from staging takes up space until a"
        " lifecycle rule removes it."
    ),
    Limitation.RETAINS_OBJECTS: N_(
        "Object lock retains every new object: what is deleted from staging takes up space until"
        " the retention ends, and a lifecycle rule removes it."
    ),
}


def sentence(limitation: Limitation) -> str:
    """Its meaning, in the reader's language."""
    return _(_SENTENCES[limitation])
