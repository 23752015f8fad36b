"""What a kind of storage cannot promise."""

from __future__ import annotations

from enum import StrEnum


class Limitation(StrEnum):
    """A promise of `preserva.storage.base.Storage` that a storage cannot keep in full.

    The value is the code in JSON. `preserva.outputs.limitations` has a sentence for each.
    """

    VOLATILE = "volatile"
    """Everything is gone when the process ends."""
    CACHED_READS = "cached-reads"
    """What is read back may come from a cache, not from the medium."""
    UNSYNCED_WRITES = "unsynced-writes"
    """There is no way to make sure that written data is on the medium."""
    REPLACE_NOT_ATOMIC = "replace-not-atomic"
    """A small file is replaced by writing over it."""
    COPIED_ON_PUBLISH = "copied-on-publish"
    """No folder can be renamed, so publishing copies every file."""
    NO_RESUME = "no-resume"
    """A file that was cut short is written again from its beginning."""
    MERGED_NAMES = "merged-names"
    """Two names that differ only in their bytes may be one."""
    LINKS_LOOKED_AT_FIRST = "links-looked-at-first"
    """Folders are seen to be no links before they are used, not in the same moment."""
    NO_POSIX_RENAME = "no-posix-rename"
    """The SFTP server lacks posix-rename@openssh.com, so nothing can be replaced."""
    READ_ONLY = "read-only"
    """The SFTP server refuses every request that would write."""
    NO_FSYNC = "no-fsync"
    """The SFTP server lacks fsync@openssh.com, so the newest files may be lost in a power cut."""
    NO_FOLDER_SYNC = "no-folder-sync"
    """The SFTP server opens no folders, so the newest names may be lost in a power cut."""
    NO_TIMES = "no-times"
    """It does not say when a file was written: a killed writer's lock is watched for a minute."""
    NO_FENCE = "no-fence"
    """What a former holder of the lock still sends takes effect: see `preserva.storage.lease`."""
    LATE_DELETES = "late-deletes"
    """A delete request that is under way when its sender loses the lock still takes effect."""
    KEEPS_VERSIONS = "keeps-versions"
    """The bucket keeps deleted and overwritten objects, so staging costs space for ever."""
    RETAINS_OBJECTS = "retains-objects"
    """Object lock's default retention: what is deleted takes up space for a time, also staging."""
