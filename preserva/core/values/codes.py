"""The registry of everything that a check can find. A code never changes its meaning.

E: an error. W: sound, but deserves attention. U: could not be determined.
1xx bags (RFC 8493), 2xx storage roots and objects (OCFL 1.1), 3xx what the ledger recorded,
4xx sources that are to become a package, and the files that describe them,
5xx packages (E-ARK), 7xx the union catalogue, 8xx catalogue records and formats of files.
"""

from __future__ import annotations

from enum import Enum, StrEnum

from preserva.i18n import N_


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    WARNING = "warning"
    UNKNOWN = "unknown"


_SEVERITIES = {"E": Severity.ERROR, "W": Severity.WARNING, "U": Severity.UNKNOWN}


class Code(Enum):
    """A finding's stable code, the sentence for people, and the source of the rule."""

    message: str
    source: str

    def __new__(cls, code: str, message: str, source: str) -> Code:
        """Each member's value is its code; message and source are its attributes."""
        member = object.__new__(cls)
        member._value_ = code
        member.message = message
        member.source = source
        return member

    @property
    def severity(self) -> Severity:
        """From the first letter of the code."""
        return _SEVERITIES[str(self.value)[0]]

    # bags
    DIGEST_MISMATCH = ("E103", N_("the content has changed"), "RFC 8493 3")
    MISSING_FILE = ("E101", N_("listed in a manifest, but missing"), "RFC 8493 3")
    UNLISTED_FILE = ("E102", N_("present, but not listed in any manifest"), "RFC 8493 3")
    HOLE = ("E104", N_("listed in fetch.txt, but not fetched yet"), "RFC 8493 3")
    DECLARATION_MISSING = (
        "E110",
        N_("there is no bag declaration, so this is not a bag"),
        "RFC 8493 2.1.1",
    )
    DECLARATION_INVALID = (
        "E111",
        N_("the bag declaration does not consist of the two required lines"),
        "RFC 8493 2.1.1",
    )
    ENCODING_NOT_ALLOWED = (
        "E112",
        N_("the declared encoding is not a supported, registered character set"),
        "RFC 8493 2.1.1",
    )
    BYTE_ORDER_MARK = (
        "E113",
        N_("a tag file in UTF-8 must not begin with a byte order mark"),
        "RFC 8493 2.3",
    )
    UNDECODABLE = (
        "E114",
        N_("contains bytes that are not valid in the declared encoding"),
        "RFC 8493 2.3",
    )
    NO_PAYLOAD_FOLDER = ("E120", N_("the payload folder data is missing"), "RFC 8493 2.1.2")
    NO_MANIFEST = ("E121", N_("there is no usable payload manifest"), "RFC 8493 2.1.3")
    NOT_REGULAR = (
        "E122",
        N_("a link or device; only files and folders are allowed"),
        "RFC 8493 5.1",
    )
    UNSAFE_PATH = (
        "E123",
        N_("this path could lead outside the bag on some systems"),
        "RFC 8493 5.1",
    )
    NAME_TWICE = ("E124", N_("the container contains this name more than once"), "RFC 8493 4")
    FILE_AND_FOLDER = (
        "E129",
        N_("both a file and a folder have this name"),
        "RFC 8493 4",
    )
    CONTAINER_DAMAGED = (
        "E125",
        N_("the container is damaged or breaks the rules of its format"),
        "RFC 8493 4",
    )
    CONTAINER_LAYOUT = (
        "E126",
        N_("the container must contain exactly one folder, the bag, and nothing else"),
        "RFC 8493 4",
    )
    MANIFEST_LINE = (
        "E130",
        N_("this line does not consist of a digest, white space and a path"),
        "RFC 8493 2.1.3",
    )
    MANIFEST_NAME = (
        "E131",
        N_("a manifest must be named after its algorithm in lower case"),
        "RFC 8493 2.4",
    )
    MANIFEST_NOT_PAYLOAD = (
        "E132",
        N_("a payload manifest may list only files in data"),
        "RFC 8493 2.1.3",
    )
    MANIFEST_FOLDER = ("E133", N_("a manifest may list only files, not folders"), "RFC 8493 2.1.3")
    LISTED_TWICE = ("E134", N_("the manifest lists this file more than once"), "RFC 8493 2.1.3")
    NOT_IN_EVERY_MANIFEST = (
        "E135",
        N_("every payload manifest must list every payload file"),
        "RFC 8493 2.1.3",
    )
    PERCENT_NOT_ENCODED = (
        "E136",
        N_("a percent sign in a path must be written as %25"),
        "RFC 8493 2.1.3",
    )
    TAGMANIFEST_INCOMPLETE = (
        "E140",
        N_("the tag manifest must list every payload manifest"),
        "RFC 8493 2.2.1",
    )
    TAGMANIFEST_FORBIDDEN = (
        "E141",
        N_("a tag manifest may list neither payload files nor tag manifests"),
        "RFC 8493 2.2.1",
    )
    BAG_INFO_LINE = (
        "E150",
        N_(
            "this line of the bag's metadata does not consist of "
            "a label, a colon, a space and a value"
        ),
        "RFC 8493 2.2.2",
    )
    OXUM_INVALID = (
        "E151",
        N_("Payload-Oxum does not consist of a number of bytes, a dot and a number of files"),
        "RFC 8493 2.2.2",
    )
    OXUM_REPEATED = ("E152", N_("Payload-Oxum may be given only once"), "RFC 8493 2.2.2")
    OXUM_MISMATCH = (
        "E153",
        N_("the size or number of the payload files does not match Payload-Oxum"),
        "RFC 8493 2.2.2",
    )
    FETCH_LINE = (
        "E160",
        N_("this line of fetch.txt does not consist of a URL, a length and a path"),
        "RFC 8493 2.2.3",
    )
    FETCH_NOT_LISTED = (
        "E161",
        N_("every payload manifest must list the files listed in fetch.txt"),
        "RFC 8493 2.2.3",
    )
    FETCH_NOT_PAYLOAD = ("E162", N_("fetch.txt may list only files in data"), "RFC 8493 2.2.3")
    WEAK_ALGORITHM = (
        "W130",
        N_("only algorithms with known collisions (MD5, SHA-1) protect the payload"),
        "RFC 8493 2.4",
    )
    LEGACY_PATH = (
        "W131",
        N_("the path is written as by older tools, with ./ or * before it"),
        "RFC 8493 6.1.3",
    )
    BLANK_LINE = ("W132", N_("a blank line; other tools may reject it"), "RFC 8493 2.1.3")
    REPEATED_LINE = (
        "W134",
        N_("the manifest repeats this line; older versions of BagIt allowed it"),
        "RFC 8493 2.1.3",
    )
    LISTED_RAW = (
        "W136",
        N_("listed with a literal %0A or %0D in its name, not an encoded line end"),
        "RFC 8493 2.1.3",
    )
    OLD_TAGMANIFEST_INCOMPLETE = (
        "W140",
        N_("the tag manifest does not list every payload manifest"),
        "RFC 8493 2.2.1",
    )
    CASE_TWINS = ("W142", N_("two names differ only in case"), "RFC 8493 6.1.1.3")
    FORM_TWINS = ("W143", N_("two names differ only in their Unicode form"), "RFC 8493 6.1.1.3")
    NAME_FORM = (
        "W144",
        N_("the manifest writes this name in another Unicode form"),
        "RFC 8493 6.1.1.3",
    )
    WINDOWS_NAME = ("W145", N_("Windows does not allow this name"), "RFC 8493 6.1.2")
    EMPTY_BAG_FOLDER = (
        "W146",
        N_("an empty folder; a bag does not record it"),
        "RFC 8493 2.1.3",
    )
    NAMES_UNDECLARED = (
        "W147",
        N_("the container does not declare the encoding of its names; the list of its files does"),
        "APPNOTE 6.3.10 4.4.4, POSIX.1-2017 pax",
    )
    NO_END_MARK = (
        "W148",
        N_("the container has no end mark; the manifests show that nothing is missing"),
        "POSIX.1-2017 pax",
    )
    SHOULD_NOT_REPEAT = ("W150", N_("this element should not be repeated"), "RFC 8493 2.2.2")
    VALUE_SPACE = (
        "W151",
        N_("white space around a value, or an empty line; other tools drop it"),
        "RFC 8493 2.2.2",
    )
    DECLARATION_CASE = (
        "W152",
        N_("the labels of the bag declaration are not in their usual case"),
        "RFC 8493 2.1.1",
    )
    FETCH_REPEATED = ("W160", N_("fetch.txt lists this file more than once"), "RFC 8493 2.2.3")
    FETCH_SCHEME = (
        "W161",
        N_("fetch.txt names a source that is not on the network or is not safe to use"),
        "RFC 8493 5.2",
    )
    FETCH_LENGTH = (
        "W162",
        N_("the length of the file differs from the one in fetch.txt"),
        "RFC 8493 5.3",
    )
    UNREADABLE = ("U101", N_("could not be read, so nothing is known about it"), "design rule 1")
    VERSION_UNSUPPORTED = (
        "U102",
        N_("the rules of this version of BagIt are not known"),
        "RFC 8493 2.1.1",
    )
    ALGORITHM_UNKNOWN = (
        "U103",
        N_("this digest algorithm is not supported, so the manifest proves nothing"),
        "RFC 8493 2.4",
    )
    LIMIT_REACHED = (
        "U104",
        N_("a limit against hostile input was reached, so not everything was checked"),
        "RFC 8493 5.4",
    )
    CHANGED_WHILE_READ = (
        "U105",
        N_("changed while it was read, so nothing is known about it"),
        "design rule 1",
    )
    NOT_DIGESTED = (
        "U106",
        N_("the content was not compared with its digests, so nothing is proved"),
        "RFC 8493 3",
    )
    CONTAINER_UNSUPPORTED = ("U107", N_("packed in a way that is not supported"), "RFC 8493 4")

    NAME_UNKNOWN = (
        "U108",
        N_(
            "a name whose encoding is not declared and cannot be determined: no list has it in any "
            "encoding"
        ),
        "APPNOTE 6.3.10 4.4.4, POSIX.1-2017 pax",
    )
    END_UNKNOWN = (
        "U109",
        N_("without an end mark and a tag manifest, nobody can tell whether the end is missing"),
        "POSIX.1-2017 pax",
    )

    # folders that are to become bags, BagIt profiles, fetching
    NAME_NOT_UNICODE = (
        "E170",
        N_("the name is not UTF-8, so no manifest can contain it"),
        "RFC 8493 2.1.3",
    )
    NAMES_COLLIDE = (
        "E171",
        N_("two names differ only in their Unicode form, and other systems treat them as one"),
        "RFC 8493 6.1.1.3",
    )
    NAME_UNWRITABLE = (
        "E172",
        N_("the name contains characters that not every tool reads back from a manifest"),
        "RFC 8493 2.1.3",
    )
    NAME_NEEDS_ENCODING = (
        "E173",
        N_("the name must be percent-encoded in a manifest, and many tools do not decode it"),
        "RFC 8493 2.1.3",
    )
    NAME_ENCODED = (
        "W173",
        N_("the name is percent-encoded in the manifests, and many tools do not decode it"),
        "RFC 8493 2.1.3",
    )
    FOLDER_LEFT_OUT = ("W174", N_("an empty folder; a bag cannot contain it"), "RFC 8493 2.1.3")
    PROFILE_INVALID = (
        "E180",
        N_("the profile breaks a rule of BagIt Profiles or contradicts itself"),
        "BagIt Profiles 1.4.0",
    )
    PROFILE_TAG_MISSING = (
        "E181",
        N_("the profile requires this element in bag-info.txt"),
        "BagIt Profiles 1.4.0 Bag-Info",
    )
    PROFILE_TAG_VALUE = (
        "E182",
        N_("the profile does not allow this value"),
        "BagIt Profiles 1.4.0 Bag-Info",
    )
    PROFILE_TAG_REPEATED = (
        "E183",
        N_("the profile allows this element only once"),
        "BagIt Profiles 1.4.0 Bag-Info",
    )
    PROFILE_MANIFEST_REQUIRED = (
        "E184",
        N_("the profile requires this manifest"),
        "BagIt Profiles 1.4.0 Manifests-Required",
    )
    PROFILE_MANIFEST_FORBIDDEN = (
        "E185",
        N_("the profile does not allow this manifest"),
        "BagIt Profiles 1.4.0 Manifests-Allowed",
    )
    PROFILE_FETCH = (
        "E186",
        N_("the bag breaks the profile's rule on fetch.txt"),
        "BagIt Profiles 1.4.0 Allow-Fetch.txt",
    )
    PROFILE_NOT_EMPTY = (
        "E187",
        N_("the profile allows no payload except a single empty file"),
        "BagIt Profiles 1.4.0 Data-Empty",
    )
    PROFILE_SERIALIZATION = (
        "E188",
        N_("the profile does not allow the bag in this form"),
        "BagIt Profiles 1.4.0 Serialization",
    )
    PROFILE_BAGIT_VERSION = (
        "E189",
        N_("the profile does not accept this version of BagIt"),
        "BagIt Profiles 1.4.0 Accept-BagIt-Version",
    )
    PROFILE_FILE_REQUIRED = (
        "E190",
        N_("the profile requires this file or folder"),
        "BagIt Profiles 1.4.0 Tag-Files-Required",
    )
    PROFILE_FILE_FORBIDDEN = (
        "E191",
        N_("the profile does not allow this file"),
        "BagIt Profiles 1.4.0 Tag-Files-Allowed",
    )
    PROFILE_NOT_NAMED = (
        "E192",
        N_("bag-info.txt does not name this profile"),
        "BagIt Profiles 1.4.0 BagIt-Profile-Identifier",
    )
    PROFILE_ADVICE = (
        "W180",
        N_("the profile is usable, but not written as the standard recommends"),
        "BagIt Profiles 1.4.0",
    )
    FETCH_NOT_ALLOWED = (
        "E195",
        N_("the address is not among those allowed, so nothing was fetched"),
        "RFC 8493 5.2",
    )
    FETCH_TOO_LONG = (
        "E196",
        N_("longer than stated or allowed, so it was not kept"),
        "RFC 8493 5.3",
    )
    FETCH_MISMATCH = (
        "E197",
        N_("the fetched file does not match the manifests, so it was not kept"),
        "RFC 8493 5.2",
    )
    PROFILE_UNAVAILABLE = (
        "U180",
        N_("the profile is not kept here, so it was not applied"),
        "BagIt Profiles 1.4.0",
    )
    FETCH_FAILED = ("U195", N_("could not be fetched"), "RFC 8493 2.2.3")

    # storage roots and objects
    OBJECT_FILE_MISSING = (
        "E201",
        N_("the inventory lists this file, but it is missing"),
        "OCFL 1.1 E092",
    )
    OBJECT_FILE_EXTRA = ("E202", N_("this file is not in the inventory"), "OCFL 1.1 E023")
    OBJECT_DIGEST_MISMATCH = (
        "E203",
        N_("the content has changed since it was stored"),
        "OCFL 1.1 E092",
    )
    INVENTORY_SIDECAR = (
        "E204",
        N_("the inventory does not match its digest file"),
        "OCFL 1.1 E060",
    )
    INVENTORY_INVALID = ("E205", N_("the inventory breaks a rule of OCFL"), "OCFL 1.1 3.5")
    OBJECT_DECLARATION = (
        "E206",
        N_("the object's declaration is missing or wrong"),
        "OCFL 1.1 E003",
    )
    VERSION_INVENTORY = (
        "E207",
        N_("this version's inventory contradicts the object's"),
        "OCFL 1.1 E066",
    )
    NOT_A_FILE = (
        "E208",
        N_("a link or device; only files and folders are allowed"),
        "OCFL 1.1 E089",
    )
    EMPTY_FOLDER = ("E209", N_("an empty folder; OCFL does not allow it"), "OCFL 1.1 E024")
    MISPLACED_OBJECT = (
        "E210",
        N_("the object is not where the storage layout puts it"),
        "OCFL 1.1 4.2",
    )
    ROOT_DECLARATION = (
        "E211",
        N_("the storage root's declaration is missing or wrong"),
        "OCFL 1.1 E069",
    )
    VERSION_UNFINISHED = (
        "W212",
        N_(
            "a version was written but is not in the inventory yet: "
            "a run was interrupted and can be repeated"
        ),
        "design rule 3",
    )

    ROOT_FILE = ("E213", N_("a file that belongs to no object"), "OCFL 1.1 E072")
    ROOT_EMPTY_FOLDER = ("E214", N_("an empty folder in the storage root"), "OCFL 1.1 E073")
    ROOT_LINK = ("E215", N_("a link or device in the storage root"), "OCFL 1.1 E090")
    OBJECT_FOLDER_EXTRA = ("E216", N_("a folder that an object must not contain"), "OCFL 1.1 E001")
    ROOT_TOO_DEEP = ("E217", N_("folders nested too deeply without an object"), "OCFL 1.1 4.2")

    INVENTORY_MISSING = ("E218", N_("the object has no inventory"), "OCFL 1.1 E063")
    SIDECAR_MISSING = ("E219", N_("the inventory has no digest file"), "OCFL 1.1 E058")
    VERSION_MISSING = (
        "E220",
        N_("the inventory has this version, the object does not"),
        "OCFL 1.1 E046",
    )
    FIXITY_MISMATCH = (
        "E221",
        N_("the content does not have the digest that the fixity block gives"),
        "OCFL 1.1 E093",
    )
    LAYOUT_INVALID = ("E222", N_("the description of the storage layout is wrong"), "OCFL 1.1 E070")
    OBJECT_TOO_NEW = (
        "E223",
        N_("the object follows a newer version of OCFL than its storage root"),
        "OCFL 1.1 E081",
    )
    OCFL_ADVICE = ("W218", N_("valid, but not as OCFL advises"), "OCFL 1.1")
    NOT_OUR_PACKAGE = ("W219", N_("a valid OCFL object, but not a package of preserva"), "design")
    MUTABLE_HEAD = (
        "W220",
        N_("changes in a mutable head, which belong to no version yet and were not looked at"),
        "OCFL extension 0005",
    )
    LAYOUT_UNKNOWN = (
        "W221",
        N_("a storage layout that is not known, so the places of objects were not checked"),
        "OCFL 1.1 4.2",
    )
    FIXITY_UNKNOWN = (
        "U218",
        N_("a digest in a fixity block by an algorithm that cannot be computed"),
        "OCFL 1.1 E056",
    )

    # storages that are tried before anything is kept in them
    TRIED_NOT_WRITABLE = (
        "E241",
        N_("nothing can be written here, so no package can be stored"),
        "ADR 0037",
    )
    TRIED_OVERWRITES = (
        "E242",
        N_("an existing file is overwritten: neither locks nor packages are safe here"),
        "ADR 0037",
    )
    TRIED_NOT_MOVED = (
        "E243",
        N_("a folder cannot be moved to its new place in one step"),
        "ADR 0037",
    )
    TRIED_NOT_REPLACED = ("E244", N_("a small file cannot be replaced"), "ADR 0037")
    TRIED_PATH_TOO_LONG = (
        "E245",
        N_("a path as long as those of most packages is not possible here"),
        "ADR 0037",
    )
    TRIED_READ_OTHERWISE = (
        "E246",
        N_("what is written is not read back unchanged"),
        "ADR 0037",
    )
    TRIED_NOT_REMOVED = (
        "E247",
        N_("a file that was removed from staging is still there"),
        "ADR 0037",
    )
    TRIED_NAMES_CHANGED = (
        "W241",
        N_(
            "names are stored in another Unicode form: packages from elsewhere with such names"
            " cannot be copied here"
        ),
        "ADR 0037",
    )
    TRIED_NAMES_MERGED = (
        "W242",
        N_(
            "two names that differ only in case or Unicode form are one here: packages from"
            " elsewhere with such names cannot be copied here"
        ),
        "ADR 0037",
    )
    TRIED_NAMES_REFUSED = (
        "W243",
        N_("names with non-ASCII characters are refused: only our own packages can be kept here"),
        "ADR 0037",
    )
    TRIED_LONG_ID_REFUSED = (
        "W244",
        N_("a path as long as that of a package with a long identifier is not possible here"),
        "ADR 0037",
    )
    TRIED_CLOCK = (
        "W245",
        N_("the clock of the storage is not that of this computer: one of them is wrong"),
        "ADR 0037",
    )
    TRIED_LITTLE_SPACE = ("W246", N_("little space is left"), "ADR 0037")
    TRIED_OPEN_TO_OTHERS = (
        "W247",
        N_("other accounts may change what is written here: check the umask and the folder"),
        "ADR 0037",
    )
    TRIED_CLOSED_TO_OTHERS = (
        "W248",
        N_("only the account that writes can read what is written: an auditor's account cannot"),
        "ADR 0037",
    )
    TRIED_UNCHECKED = (
        "W249",
        N_("bytes that do not match their checksum are stored: transmission errors go unnoticed"),
        "ADR 0037",
    )
    NOT_TRIED = (
        "U241",
        N_("could not be tested now, so nothing is known about it"),
        "design rule 1",
    )
    NOT_TRIED_LOCKED = (
        "U242",
        N_("was not tried, because another process is writing there"),
        "design rule 1",
    )

    # what the ledger recorded
    NOT_AS_RECORDED = (
        "E301",
        N_("this is not the package that the ledger recorded"),
        "design rule 5",
    )
    COPY_MISSING = (
        "E302",
        N_("the ledger records a copy here, but there is none"),
        "design rule 5",
    )
    NOT_RECORDED = (
        "U303",
        N_("the ledger has no record of this package to compare with"),
        "design rule 5",
    )
    DIVERGED = ("E304", N_("the copy has a version that its owner never made"), "design rule 5")
    LOG_MISSING = (
        "E306",
        N_("the record of an event listed in the ledger is missing or has changed"),
        "design rule 5",
    )
    LOG_UNKNOWN = ("W307", N_("the ledger does not list this record of an event"), "")
    NO_GOOD_COPY = ("E308", N_("no storage has the recorded content of this file"), "design rule 5")
    NO_COPY_SEEN = (
        "U309",
        N_("no storage that could be read has the recorded content of this file"),
        "design rule 5",
    )
    REPAIR_FAILED = ("E310", N_("the restored content does not match the record"), "design rule 4")
    LEDGER_COPY_DIFFERS = (
        "E311",
        N_(
            "the ledger does not continue where its copy here ends: "
            "entries were removed or rewritten"
        ),
        "ADR 0013",
    )
    STORAGE_WRONG = (
        "U330",
        N_("another storage is in its place, so it was not touched"),
        "design rule 5",
    )
    STORAGE_UNREACHABLE = ("U305", N_("the storage could not be reached"), "design rule 1")

    # whose testimony counts
    OURS_IN_HELD = (
        "E320",
        N_("an identifier of ours, in a storage where only another institution writes"),
        "ADR 0027",
    )
    HELD_FOR_ANOTHER = (
        "E321",
        N_("a package of an institution for which this storage is not held"),
        "ADR 0027",
    )
    NOT_PUT_HERE = (
        "E322",
        N_("according to the ledger, nobody put this into the storage"),
        "ADR 0027",
    )
    CONTRADICTED = (
        "E323",
        N_("the ledger has two records of this version that differ; the first one counts"),
        "ADR 0027",
    )
    COPIES_CONTRADICT = (
        "E324",
        N_("the copies contradict each other, and no ledger says which one is right"),
        "ADR 0027",
    )
    LEDGER_COPY_UNUSABLE = (
        "E325",
        N_("this copy of the ledger is not a whole chain of entries: it was not used"),
        "ADR 0027",
    )
    HELD_FOR_NOBODY = (
        "U326",
        N_("the configuration does not say for which institution this storage is held"),
        "ADR 0027",
    )
    TOO_MANY_LOGS = (
        "W327",
        N_("more records of events than are kept for one package"),
        "ADR 0027",
    )
    STORAGE_EMPTY = (
        "U328",
        N_("there is nothing here: the disk is not mounted, or the storage was lost"),
        "ADR 0027",
    )

    # what a storage acknowledges, and what is seen of it
    NOT_IN_PLACE = (
        "U350",
        N_("moved, but not in its final place, or not whole: nothing was acknowledged"),
        "ADR 0030",
    )
    NOT_ALL_SEEN = (
        "U351",
        N_("not everything that was recorded was seen, so nothing is proved"),
        "design rule 1",
    )
    SIZE_CONTRADICTED = (
        "U352",
        N_(
            "the storage sent a different number of bytes than it states, so nothing is known"
            " about this file"
        ),
        "design rule 1",
    )
    NOT_WRITTEN = ("U353", N_("could not be written; nothing was acknowledged"), "design rule 1")
    WRITE_LOST = (
        "U354",
        N_("was not read back as it was written; nothing was acknowledged"),
        "ADR 0030",
    )
    IN_THE_WAY = (
        "U355",
        N_("something else is in its place; it was not touched, and nothing was acknowledged"),
        "ADR 0030",
    )
    SET_ASIDE = (
        "W356",
        N_("was where a copy belongs, but was never acknowledged: it is in quarantine now"),
        "ADR 0030",
    )

    STORAGE_UNFIT = (
        "E371",
        N_("the server lacks a function that every storage needs, so nothing was sent there"),
        "ADR 0037",
    )

    NAME_NOT_KEPT = (
        "U372",
        N_("the storage does not keep this name as it is: nothing of the package was sent there"),
        "ADR 0037",
    )
    STAGING_SET_ASIDE = (
        "W373",
        N_("was left in staging and cannot be removed: it is in quarantine now"),
        "ADR 0037",
    )

    STORAGE_LOCKED = (
        "U391",
        N_("another process is writing to this storage, so nothing was brought there"),
        "design rule 1",
    )

    # withdrawn packages, and how packages belong together
    NOT_OURS_TO_REMOVE = (
        "W384",
        N_("another institution keeps this copy, and it alone can remove it: it is still there"),
        "ADR 0039",
    )
    NOT_REMOVED = (
        "E385",
        N_("could not be removed; the next run of the same command goes on"),
        "ADR 0039",
    )
    BYTES_REMOVED = (
        "W386",
        N_("the package was withdrawn and its bytes were removed here: there is nothing to read"),
        "ADR 0039",
    )
    RELATED_UNKNOWN = (
        "W387",
        N_("the ledger does not know this package; the relation was recorded as it was stated"),
        "ADR 0049",
    )

    # audits
    READINGS_DIFFER = (
        "W601",
        N_(
            "the first reading found damage and the second did not: "
            "a medium, memory or connection is failing"
        ),
        "design rule 1",
    )

    # sources that are to become a package
    SOURCE_LINK = ("E401", N_("a link; only files are packaged"), "design rule 8")
    SOURCE_NO_FILE = ("E402", N_("neither a file nor a folder"), "design rule 8")
    SOURCE_DEPTH = (
        "E403",
        N_("a folder that is neither a representation, documentation nor a chapter"),
        "design: the shape of what is stored",
    )
    SOURCE_COLLISION = ("E404", N_("represents the same page as another file"), "design rule 10")
    SOURCE_WITHOUT_PAGES = ("E405", N_("the source contains no page images"), "")
    SOURCE_UNREADABLE = ("E406", N_("cannot be read"), "design rule 1")
    SOURCE_CHANGED = ("E407", N_("changed while it was being read"), "design rule 6")
    SOURCE_EMPTY = ("E408", N_("an empty file cannot be a page image"), "")
    SOURCE_IGNORED = ("W411", N_("a hidden or system file; it is left out"), "")
    SOURCE_UNPAIRED = ("W412", N_("this representation lacks a page"), "")
    SOURCE_BESIDE = (
        "W413",
        N_("an image beside the folders master/, access/ and text/; it becomes documentation"),
        "",
    )

    # a set of scans: what is wrong with it, and how it was understood
    SCAN_UNFINISHED = ("E471", N_("a file that is still being transferred or edited"), "scan")
    SCAN_UNSUPPORTED = ("E472", N_("an image of a format that cannot be a page"), "scan")
    SCAN_FRAMES = ("E473", N_("several images in one file that is one page"), "scan")
    SOURCE_AMBIGUOUS = ("E474", N_("it is uncertain to which page this file belongs"), "")
    SOURCE_ROLE_TWICE = ("E475", N_("another folder serves the same purpose"), "")
    STATED_ORDER = ("E476", N_("the page cannot have this place in the order"), "")
    SOURCE_UNSETTLED = (
        "E477",
        N_("changed between two inspections: the folder is still being written to"),
        "scan",
    )
    SCAN_NAMELESS = (
        "E478",
        N_("an image, but its name does not end like that of one, so it would not be a page"),
        "scan",
    )
    SCAN_GAP = ("W471", N_("the numbering of the pages has gaps"), "scan")
    SCAN_SAME_BYTES = ("W472", N_("the same bytes as another page"), "scan")
    SCAN_SIMILAR = ("W473", N_("looks nearly the same as another page"), "scan")
    SCAN_STORED = ("W474", N_("the same scans are stored in another package"), "scan")
    SCAN_NOT_COMPARED = (
        "U474",
        N_("this package cannot be read, so the scans were not compared with it"),
        "design rule 1",
    )
    SCAN_NAMED_COPY = ("W475", N_("judging by its name, a copy of another file"), "scan")
    SCAN_EXTENT = (
        "W476",
        N_("the number of images does not agree with the extent in the record"),
        "scan",
    )
    SCAN_HISTORY = (
        "W484",
        N_("nothing says who scanned the book, when, and with which device"),
        "scan",
    )
    RIGHTS_DECISION = (
        "W485",
        N_("a statement of rights does not say who decided it, and when"),
        "PREMIS 3.0 4.1",
    )
    SOURCE_SIDE_BY_SIDE = (
        "W477",
        N_("masters and access copies in one folder were told apart by their names"),
        "",
    )
    SOURCE_BY_NUMBER = ("W478", N_("paired with pages by the numbers in the names"), "")
    SOURCE_PLACED = ("W479", N_("ordered by a word or a Roman numeral in its name"), "")
    SOURCE_WRAPPED = ("W480", N_("the only folder; it was taken as the source itself"), "")
    SOURCE_WHOLE = (
        "W481",
        N_("the whole book in one file: without page images, its pages cannot be described"),
        "",
    )
    TEXT_OF_NO_PAGE = (
        "W482",
        N_("texts whose names match no page; they are kept as texts of the whole book"),
        "",
    )
    SOURCE_CHAPTERS = ("W483", N_("the parts of the book were made from its folders"), "")

    # the package in a bag: its place, and the schemas for its XML
    BESIDE_PACKAGE = ("E431", N_("is beside the package folder"), "CSIPSTR1")
    PACKAGE_FOLDERS = (
        "E432",
        N_("the payload must contain exactly one folder, the package"),
        "CSIPSTR1",
    )
    PROFILE_GRAMMAR = (
        "E433",
        N_("does not conform to the grammar of the profile"),
        "mets-profile.rng, premis-profile.rng",
    )
    PROFILE_ASSERTION = ("E434", N_("breaks a rule of the profile"), "mets-profile.sch")
    OFFICIAL_SCHEMA = ("E435", N_("not valid against the official schema"), "XML Schema 1.0")

    # images of pages
    IMAGE_TRUNCATED = ("E451", N_("the file is truncated"), "design rule 2")
    IMAGE_UNDECODABLE = ("E452", N_("the image cannot be decoded"), "design rule 2")
    IMAGE_TOO_LARGE = (
        "U451",
        N_("the image has more pixels than allowed, so it was not decoded"),
        "images.max_pixels",
    )
    IMAGE_NOT_DECODABLE_HERE = (
        "U452",
        N_("this kind of image cannot be decoded here, so nothing is known about its pixels"),
        "design rule 1",
    )
    IMAGE_IRREGULAR = (
        "W455",
        N_("it decodes, but departs from the standard of its format"),
        "ISO/IEC 15444-1, ISO 32000-2",
    )
    SCAN_RESOLUTION = ("W451", N_("the resolution is below the required minimum"), "scan")
    RESOLUTION_UNLIKELY = (
        "W501",
        N_("no scan has this resolution: its unit may be wrong"),
        "TIFF 6.0, section 8",
    )
    SCAN_COLOUR = ("W452", N_("the colours are not those required of scans"), "scan")
    SCAN_BITS = ("W453", N_("the bits per sample are not those required of scans"), "scan")
    SCAN_LOSSY = ("W454", N_("a master with lossy compression"), "scan")
    SCAN_LOSS_UNKNOWN = (
        "U441",
        N_("whether the compression of this master lost anything cannot be known from the file"),
        "scan",
    )

    # exhibitions
    WRITER_UNKNOWN = (
        "W442",
        N_("no record of the catalogue has this name or this authority record"),
        "design rule 1",
    )

    # rows of a table by which many books are worked on
    ROW_RECORD_MISSING = ("E461", N_("no record in the file has this"), "")
    ROW_RECORD_AMBIGUOUS = ("E462", N_("several records in the file have this"), "")
    ROW_TWICE = ("E463", N_("an earlier row of the table has this already"), "")
    ROW_PATH_OUTSIDE = (
        "E464",
        N_("leads out of the folder in which the files of the table must be"),
        "design rule 8",
    )
    ROW_PACKAGE_MISSING = ("E465", N_("no package has a record with this"), "")
    ROW_PACKAGE_AMBIGUOUS = ("E466", N_("several packages have a record with this"), "")

    # metadata of a package: METS, PREMIS, the files, and contradictions between them
    METS_MISSING = ("E501", N_("there is no METS document here"), "CSIPSTR4")
    METADATA_XML = ("E502", N_("cannot be read safely as XML"), "design rule 8")
    METADATA_ROOT = ("E503", N_("not the expected kind of document"), "CSIP22")
    OBJID_WRONG = ("E504", N_("OBJID is not the name of the folder"), "CSIPSTR2, AIPM1")
    PROFILE_RULE = ("E505", N_("the document lacks what the profile requires"), "CSIP 2.2.0")
    ID_TWICE = ("E506", N_("this ID is given more than once"), "METS 1.12.1 (xs:ID)")
    REFERENCE_DANGLING = ("E507", N_("a reference to an ID that does not exist"), "METS 1.12.1")
    HREF_UNSAFE = (
        "E508",
        N_("a reference that is not a percent-encoded path inside the package"),
        "RFC 3986 4.2",
    )
    HREF_DANGLING = ("E509", N_("METS names this file, but it is missing"), "CSIP79")
    REFERENCED_TWICE = ("E510", N_("METS names this file more than once"), "CSIP66")
    NOT_REFERENCED = ("E511", N_("no METS document names this file"), "CSIP66")
    METS_SIZE = ("E512", N_("the size differs from the one in METS"), "CSIP69")
    METS_DIGEST = ("E513", N_("the digest differs from the one in METS"), "CSIP71")
    REFERENCE_INCOMPLETE = (
        "E514",
        N_("METS lacks required information about this file"),
        "CSIP22 to CSIP30, CSIP66 to CSIP79",
    )
    METADATA_UNLINKED = (
        "E515",
        N_("no division of the structural map names this metadata"),
        "CSIP91, CSIP92",
    )
    PAGE_ORDER = ("E516", N_("the pages are out of order"), "METS 1.12.1 (ORDER)")
    PAGE_WITHOUT_FILE = ("E517", N_("a page without a file"), "METS 1.12.1 (fptr)")
    FILE_WITHOUT_PAGE = (
        "E518",
        N_("the page map does not name this file exactly once"),
        "METS 1.12.1",
    )
    PAGES_DIFFER = (
        "E519",
        N_("the representations give this page different labels"),
        "METS 1.12.1 (ORDERLABEL)",
    )
    PART_LINK = ("E488", N_("a link must lead from a part to a page"), "METS 1.12.1 (structLink)")
    PREMIS_SIZE = ("E520", N_("the size differs from the one in PREMIS"), "PREMIS 3.0 1.5.3")
    PREMIS_DIGEST = ("E521", N_("the digest differs from the one in PREMIS"), "PREMIS 3.0 1.5.2")
    PREMIS_FILE_MISSING = ("E522", N_("PREMIS does not describe this file"), "CS PREMIS 1.0.1")
    PREMIS_FILE_UNKNOWN = (
        "E523",
        N_("PREMIS describes a file that METS does not list in this place"),
        "CS PREMIS 1.0.1",
    )
    PREMIS_ID_TWICE = ("E524", N_("PREMIS gives this identifier twice"), "PREMIS 3.0 1.1")
    PREMIS_LINK_DANGLING = (
        "E525",
        N_("PREMIS links to something that it does not describe"),
        "AIP16, AIP18",
    )
    PREMIS_INCOMPLETE = ("E526", N_("PREMIS lacks required information"), "CS PREMIS 1.0.1")
    PREMIS_TERM = (
        "E527",
        N_("the term does not match its URI"),
        "id.loc.gov/vocabulary/preservation",
    )
    DIGEST_NOT_COMPARED = (
        "U528",
        N_("the algorithm of this digest was not computed, so it was not compared"),
        "design rule 1",
    )
    NO_RIGHTS = ("W529", N_("PREMIS has no statement of rights"), "PREMIS 3.0 4.1")

    # imported packages
    METS_ALONG = (
        "W551",
        N_("the supplied METS does not match its files; both are kept unchanged"),
        "METS 1.12.1",
    )

    DESCRIPTION_ALONG = (
        "W552",
        N_("the supplied description cannot be used; give one with --record"),
        "",
    )

    UNVOUCHED = (
        "W553",
        N_("no digest in METS vouches for this file, so nobody can tell whether it was changed"),
        "CSIP71",
    )

    FILE_ELSEWHERE = (
        "W554",
        N_("METS says that this file is elsewhere, so it was not received"),
        "METS 1.12.1 (FLocat)",
    )

    # what people write about a book: structure, history, rights
    DETAILS_UNREADABLE = ("E481", N_("cannot be read as TOML, CSV or METS"), "")
    DETAILS_KEY = ("E482", N_("there is no such key or column"), "")
    DETAILS_VALUE = ("E483", N_("not a permitted value"), "")
    DETAILS_MISSING = ("E484", N_("required, but not given"), "")
    PAGE_UNKNOWN = ("E485", N_("the source has no such page"), "METS 1.12.1 (structMap)")
    RANGE_REVERSED = ("E486", N_("the range ends before it begins"), "")
    PAGE_TWICE = ("E487", N_("this page is described already"), "METS 1.12.1 (ORDERLABEL)")
    METS_OF_ANOTHER = (
        "E489",
        N_("neither the file names nor the number of pages match this source"),
        "METS 1.12.1 (structMap)",
    )
    TOO_MANY_LINKS = ("E490", N_("the parts name more pages than any book has"), "")
    PARTS_OVERLAP = ("W491", N_("these pages also belong to another part"), "")
    PART_OUTSIDE = ("W492", N_("this part extends beyond the part that contains it"), "")
    PACKAGE_CORRECTED = ("W469", N_("made of this source, and corrected since"), "")
    PAGE_UNMATCHED = ("E493", N_("no page of the package has this name or number"), "")
    PAGE_THERE = ("E494", N_("the package already has a page of this name"), "")
    PAGE_NO_NUMBER = ("E495", N_("the package has no page with this number"), "")
    OLDER_THAN_SCAN = ("W496", N_("was made from the scan that is replaced here"), "")
    NOT_DERIVED = ("W497", N_("cannot be decoded here, so nothing was made from it"), "")
    NOT_CATALOGUED_YET = (
        "W498",
        N_("the union catalogue lacks this version until the next `preserva catalogue import`"),
        "",
    )

    # the union catalogue
    RECORD_TOO_LARGE = ("E701", N_("longer than a record can be, so it was skipped"), "")
    RECORD_TWICE = ("W702", N_("two records have this number; the later one is kept"), "")
    PACKAGE_NOT_CATALOGUED = ("U703", N_("the record of this package could not be read"), "")
    HARVEST_BROKEN = ("U705", N_("a harvested record could not be read"), "OAI-PMH 2.0")
    DECISION_UNREADABLE = ("E706", N_("not a decision about two records; it was skipped"), "")
    DECISIONS_DISAGREE = (
        "W707",
        N_(
            "people decided differently about these records; "
            "until they agree, the records are not joined"
        ),
        "",
    )
    CSV_ROW = ("E708", N_("this row of the table cannot be imported"), "RFC 4180")
    CSV_COLUMN = ("W709", N_("an unknown column; it was ignored"), "")
    HARVEST_WITHOUT_METADATA = (
        "W711",
        N_("the server sent no metadata for this record, so it was left out"),
        "OAI-PMH 2.0, 2.5",
    )
    HARVEST_IDENTIFIER = (
        "W712",
        N_("this identifier does not name a library, so its record was left out"),
        "OAI-PMH 2.0, 2.4",
    )
    HARVEST_ENDED_ODDLY = (
        "W713",
        N_("nothing shows that this list is complete; the next harvest fetches it again"),
        "OAI-PMH 2.0, 3.5",
    )
    HARVEST_OF_ANOTHER = (
        "W714",
        N_(
            "this server was not allowed to change or delete this record: only its own library is; "
            "--library says that the server is the library's own"
        ),
        "",
    )
    HARVEST_OLDER = (
        "W715",
        N_("the server sent an older copy of this record; the newer one was kept"),
        "OAI-PMH 2.0, 2.5",
    )
    PACKAGES_DIFFER = (
        "W716",
        N_("this package's record differs from that of another package, which was kept"),
        "",
    )
    RECORD_HAS_NO_FORM = ("W704", N_("this record cannot be written in this format"), "")

    # catalogue records and formats of files
    RECORD_UNREADABLE = ("E801", N_("cannot be read as a catalogue record"), "ISO 2709")
    RECORD_CHARACTERS_LOST = (
        "E802",
        N_("bytes that are not characters in this character set were replaced by U+FFFD"),
        "design: nothing is changed silently",
    )
    RECORD_CHARSET_UNKNOWN = (
        "U803",
        N_("the character set of the record could not be determined"),
        "UNIMARC 100 $a/26-33",
    )
    RECORD_NOT_ENDED = (
        "E804",
        N_("the record has no end mark: it was cut off, so it was not read"),
        "ISO 2709",
    )
    RECORD_TORN = (
        "E805",
        N_("the directory of the record does not fit its fields, so it was not read"),
        "ISO 2709 4.4",
    )
    RECORD_RENUMBERED = (
        "W806",
        N_("the record has another number than the one that it replaces"),
        "design: nothing is changed silently",
    )
    RECORD_WITHOUT_TITLE = (
        "E807",
        N_("the record has no title, so it describes no book"),
        "UNIMARC 200, MARC 21 245",
    )
    RECORD_DAMAGED = (
        "E808",
        N_("a damaged record did not replace the sound one in the catalogue"),
        "design: a damaged record never replaces a sound one",
    )
    ROW_POORER = (
        "E809",
        N_("a table cannot change this in the record, which says more than the table can"),
        "design: a poorer form never replaces a richer one",
    )
    RECORD_POORER = (
        "W822",
        N_("a poorer form of the record did not replace the richer one in the catalogue"),
        "design: a poorer form never replaces a richer one",
    )
    RECORD_PACKAGED = (
        "W841",
        N_("there are packages with this record already: further copies, or a mistake"),
        "",
    )
    RECORD_NOT_OF_BOOK = (
        "W823",
        N_("a record of a holding or of a heading, not of a book; it was skipped"),
        "MARC 21 leader/6",
    )
    RECORD_CHARSET_LIE = (
        "W811",
        N_("the record is not in the character set that it declares"),
        "UNIMARC 100 $a/26-33, MARC 21 leader/9",
    )
    RECORD_CHARSET_GUESSED = (
        "W812",
        N_("the character set was guessed from letter frequencies"),
        "design: nothing is changed silently",
    )
    RECORD_LEADER = ("W813", N_("the leader of the record is wrong"), "ISO 2709 4.3")
    RECORD_DIRECTORY = (
        "W814",
        N_("the directory of the record is wrong, so its fields were read one after another"),
        "ISO 2709 4.4",
    )
    RECORD_FIELD = ("W816", N_("a malformed field"), "ISO 2709 4.5")
    RECORD_FORBIDDEN_CHARACTERS = (
        "W817",
        N_("characters that XML forbids were replaced by U+FFFD in derived records"),
        "XML 1.0 2.2",
    )
    RECORD_TAIL = ("W818", N_("bytes that belong to no record"), "ISO 2709")
    RECORD_CHARACTER_MENDED = (
        "W819",
        N_("a character that another program had damaged was repaired"),
        "design: nothing is changed silently",
    )
    FORMAT_CONTRADICTION = (
        "W821",
        N_("the format of the content is not the one that the name suggests"),
        "design: the extension alone never decides",
    )
