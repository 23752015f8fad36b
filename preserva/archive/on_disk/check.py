"""Check this storage:   python3 check.py [FOLDER OF THE STORAGE] [NUMBERS OF LEDGER ENTRIES]

Needs only Python 3.6 or later, only reads, follows no link. The files of packages are compared with
inventories (OCFL), versions with manifests (BagIt), ledgers with their chain, all with what ledgers
and books.csv name. README.txt says what that proves, and what it does not see; a note is no fault
in itself. Exit status: 0 sound, 1 not sound, 3 unreadable.
"""
import csv, hashlib, json, os, re, stat, sys

SOUND, NOTE, WRONG, UNREAD = "sound", "note", "NOT SOUND", "COULD NOT READ"
IN_ALL = {SOUND: (0, "SOUND / ЦЕЛО / ЦЭЛА"), WRONG: (1, "NOT SOUND / ПОВРЕЖДЕНО / ПАШКОДЖАНА"),
          UNREAD: (3, "NOT ALL COULD BE READ / ПРОЧИТАНО НЕ ВСЁ / ПРАЧЫТАНА НЕ ЎСЁ")}
NONSENSE = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
MANIFEST = re.compile(r"(?:tag)?manifest-(md5|sha1|sha224|sha256|sha384|sha512)\.txt\Z")
FLAGS = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"))
KNOWN = re.compile(r"((README|books|check|formats)[-\w]*\.\w+|preserva-(storage|ledger)[-\w.]*json|"
                   r"ocfl|ledgers|staging|quarantine|tombstones|ocfl/(extensions|0=|ocfl_).*)\Z")
problems, logs, events, due = [], {}, {}, {}

def say(verdict, where, what=""):
    problems.extend([verdict] if verdict in (WRONG, UNREAD) else [])
    line = "%-14s %s%s" % (verdict, where, ": " + what if what else "")
    code = sys.stdout.encoding or "ascii"
    line = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
    print(line.encode(code, "backslashreplace").decode(code), flush=True)

def read(path, algorithms=()):
    """The bytes of a file, or its digests; what is a link or a device is not read."""
    with os.fdopen(os.open(path, os.O_RDONLY | FLAGS), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError("not a file")
        if not algorithms:
            return stream.read()
        hashes = {name: hashlib.new(name) for name in algorithms}
        for chunk in iter(lambda: stream.read(1 << 20), b""):
            for each in hashes.values():
                each.update(chunk)
        return {name: each.hexdigest() for name, each in hashes.items()}

def parsed(data):
    def once(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a name stands twice")
        return dict(pairs)
    return json.loads(data.decode("utf-8"), object_pairs_hook=once)

def listed(folder):
    if os.path.islink(folder.rstrip("/")):
        raise ValueError("a link in place of a folder: " + folder)
    with os.scandir(folder) as entries:
        return {entry.name: "link" if entry.is_symlink() else
                "folder" if entry.is_dir(follow_symlinks=False) else
                "file" if entry.is_file(follow_symlinks=False) else "device" for entry in entries}

def walk(top, above=""):
    kinds = {}
    for name, kind in listed(top + "/" + above).items():
        kinds[above + name] = kind
        kinds.update(walk(top, above + name + "/") if kind == "folder" else {})
    return kinds

def by_path(block):
    return {path: digest.lower() for digest, paths in block.items() for path in paths}

def inventory(folder, name):
    """The id, head, algorithm, digest, content and versions (digest by path) of an inventory."""
    data, beside = read(folder + "/" + name), folder + "/" + name + "."
    content = parsed(data)
    algorithm, manifest = content["digestAlgorithm"], by_path(content["manifest"])
    states = {version: by_path(told["state"]) for version, told in content["versions"].items()}
    names = ["v%d" % (number + 1) for number in range(len(states))] or [None]
    if (algorithm not in ("sha512", "sha256") or content["head"] != names[-1] or set(states) != set(
            names) or any(set(each.values()) - set(manifest.values()) for each in states.values())):
        raise ValueError("the inventory contradicts itself")
    digest = hashlib.new(algorithm, data).hexdigest()
    if os.path.lexists(beside + algorithm) and (
            read(beside + algorithm).split() != [digest.encode(), b"inventory.json"]):
        say(WRONG, beside + algorithm, "is not the digest of inventory.json")
    return content["id"], content["head"], algorithm, digest, manifest, states

def check_object(folder, here):
    """Check a package; `here` gets the digest of each inventory by identifier and version."""
    before, path, where = len(problems), "inventory.json", folder + "/"
    try:
        kinds = walk(folder)
        name, head, algorithm, digest, manifest, states = inventory(folder, path)
        manifest["0=ocfl_object_1.1"] = hashlib.new(algorithm, b"ocfl_object_1.1\n").hexdigest()
        known = {path, path + "." + algorithm} | set(manifest)
        for version in states:
            path = version + "/inventory.json"
            known |= {path, path + "." + algorithm}
            if kinds.get(path) == "file":
                own = inventory(folder, path)
                here.setdefault(name, {})[version] = own[3]
                if own[:2] != (name, version) or any(own[5][v] != states[v] for v in own[5]) or (
                        version == head and own[3] != digest):
                    say(WRONG, where + path, "says otherwise than the package's inventory")
        logs.update((where + each, kinds[each]) for each in kinds if each[:5] == "logs/")
        told = {"file": known, "folder": {path.rpartition("/")[0] for path in kinds}}
        for path, kind in sorted(kinds.items()):
            if kind not in told:
                say(WRONG, where + path, "a %s, not a file" % kind)
            elif path.split("/")[0] not in ("logs", "extensions") and path not in told[kind]:
                say(WRONG, where + path, "nothing says that it should be here")
        names = [MANIFEST.match(path) for state in states.values() for path in state]
        algorithms, seen = {algorithm} | {name.group(1) for name in names if name}, {}
        for path in sorted(known):
            try:
                seen[path] = read(where + path, algorithms) if kinds.get(path) == "file" else {}
                if seen[path].get(algorithm) != manifest.get(path, seen[path].get(algorithm, "?")):
                    say(WRONG, where + path, "has changed" if seen[path] else "missing")
            except OSError as error:
                say(UNREAD, where + path, str(error))
        content = {digest: path for path, digest in manifest.items()}
        for path in states if len(problems) == before else ():
            check_bag(folder, path, {key: content[states[path][key]] for key in states[path]}, seen)
        if len(problems) == before:
            say(SOUND, folder, "%s, %d files" % (head, len(seen)))
    except OSError as error:
        say(WRONG if isinstance(error, FileNotFoundError) else UNREAD, where + path, str(error))
    except NONSENSE as error:
        say(WRONG, where + path, "cannot be understood: %r" % error)

def check_bag(folder, version, located, seen):
    """Hold the files of a version, each where the inventory has it, against its manifests."""
    declared = read(folder + "/" + located["bagit.txt"])
    for name in filter(MANIFEST.match, sorted(located)):
        named, where = set(), "%s/%s: %s of %s" % (folder, located[name], name, version)
        for line in filter(None, re.split("[\r\n]+", read(folder + "/" + located[name]).decode(
                re.search(br"Encoding:\s*(\S+)", declared).group(1).decode()))):
            expected, path = re.match(r"([0-9A-Fa-f]+)[ \t]+\*?(.+)", line).groups()
            path = re.sub("(?i)%(0A|0D|25)", lambda code: chr(int(code.group(1), 16)), path)
            digest = seen[located[path]][MANIFEST.match(name).group(1)] if path in located else ""
            if digest != expected.lower():
                say(WRONG, where, "says otherwise of " + path)
            named.add(path)
        for path in located:
            if path.startswith("data/") and name.startswith("manifest") and path not in named:
                say(WRONG, where, "does not name " + path)

def check_ledger(institution, storage, numbers, expected, written):
    """Verify the chain of a copy of a ledger; learn what must be here."""
    folder, previous, number = "ledgers/" + institution, "", 0
    for name in sorted(listed(folder)):
        for line in read(folder + "/" + name).split(b"\n")[:-1]:
            entry, number = parsed(line), number + 1
            if (entry["number"], entry["previous"]) != (number, previous):
                raise ValueError("entry %d does not follow the one before" % number)
            previous, facts = hashlib.sha256(line).hexdigest(), entry["facts"]
            if str(number) in numbers:
                numbers[str(number)] = say("", folder, "entry %d is %s" % (number, previous))
            events[facts.get("event")] = facts.get("premis_sha256")
            if entry["storage"] == storage and entry["type"] == "storage description":
                written[:] = facts["files"].items()
            elif (entry["storage"], entry["outcome"]) == (storage, "success"):
                if entry["type"] != "fixity check":  # which has no file
                    records = [facts.get("premis_sha256"), *facts.get("logs", ())]
                    due.update((digest, entry["package"]) for digest in records)
                if entry["type"] in ("ingestion end", "replication", "accession"):
                    expected.append((entry["package"], entry["version"], facts["inventory"]))
                elif entry["type"] == "deletion":  # two persons decided so: see tombstones/
                    expected[:] = [each for each in expected if each[0] != entry["package"]]
    say(SOUND, folder, "%d entries; the last one is %s" % (number, previous))

def objects(folder):
    """The folders of packages: the first on each way down that look like one."""
    kinds = listed(folder)
    if {"0=ocfl_object_1.1", "inventory.json"} & set(kinds) or "folder" not in kinds.values():
        return [folder]
    for name in sorted(name for name in kinds if kinds[name] != "folder"):
        say(WRONG, folder + "/" + name, "nothing says that it should be here")
    return [found for name in sorted(kinds) if kinds[name] == "folder"
            for found in objects(folder + "/" + name)]

def main(arguments):
    numbers, expected, written, here = {a: "new" for a in arguments if a.isdigit()}, [], [], {}
    try:
        os.chdir([*(a for a in arguments if a not in numbers), os.path.dirname(__file__) or "."][0])
        storage, top = parsed(read("preserva-storage.json"))["storage"], listed(".")
        if top.get("ocfl") != "folder" or read("ocfl/0=ocfl_1.1") != b"ocfl_1.1\n":
            say(WRONG, "ocfl", "not an OCFL 1.1 storage root")
        for name, kind in sorted(listed("ocfl").items()) if top.get("ocfl") == "folder" else ():
            inside = objects("ocfl/" + name) if kind == "folder" else ["ocfl/" + name]
            for folder in inside if kind != "file" and name != "extensions" else ():
                check_object(folder, here)
            top.update({"ocfl/" + name: kind} if kind == "file" else {})
        for name in sorted(name for name in top if not KNOWN.match(name)):
            say(NOTE, name, "nothing says that it should be here")
        for name in sorted(listed("ledgers")) if top.get("ledgers") == "folder" else ():
            check_ledger(name, storage, numbers, expected, written)
        if top.get("preserva-ledger.json") == "file":
            seen = parsed(read("preserva-ledger.json"))
            say(NOTE, "preserva-ledger.json", "the last entry was %(entry)s: %(digest)s" % seen)
        for number in filter(numbers.get, numbers):
            say("", "no ledger here has an entry " + number)
        if top.get("books.csv") == "file":
            rows = csv.DictReader(read("books.csv").decode("utf-8-sig").splitlines())
            expected += [(row["id"], row["version"], row["inventory"]) for row in rows]
        for name, version, digest in sorted(set(expected)):
            if here.get(name, {}).get(version) != digest:
                say(WRONG, "%s %s" % (name, version), "missing or not the one that was recorded")
        recorded = [(path, events[path[-40:-4]]) for path in logs if events.get(path[-40:-4])]
        for name, digest in sorted(written + recorded):
            kind = top.get(name, logs.get(name))
            if kind != "file" or read(name, ["sha256"])["sha256"] != digest:
                say(WRONG, name, "is not as the ledger has it")
        known = {path[-40:-4] for path in logs}
        for event, digest in sorted(events.items(), key=str):
            if digest and due.get(digest) in here and event not in known:
                say(NOTE, due[digest], "logs/ lacks the event %s of the ledger" % event)
        for name in sorted(name for name in logs if events and name[-40:-4] not in events):
            say(NOTE, name, "no ledger here names this event")
    except OSError as error:
        say(UNREAD, str(error))
    except NONSENSE as error:
        say(WRONG, "the storage, a ledger or books.csv cannot be understood", repr(error))
    status, words = IN_ALL[min(problems, key=[WRONG, UNREAD].index, default=SOUND)]
    say("", words)
    return status

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
