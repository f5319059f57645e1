#!/usr/bin/env python3
"""What may be done to an evidence bundle, and whether docs/evidence/verify.py notices.

    bundle_attacks.py flips VERIFY BUNDLE 1|8        1 or 8 bits of every byte, one at a time
    bundle_attacks.py cuts VERIFY BUNDLE             the file cut off, and lengthened
    bundle_attacks.py edits VERIFY BUNDLE FOREIGN    edits by somebody who has no key, but puts all hashes of the
                                                     container right and leaves the signature out
    bundle_attacks.py noise VERIFY BUNDLE SEED       hostile files
    bundle_attacks.py mutants VERIFY BUNDLE FOREIGN STRANGER
                                                     the verifier without one of its checks: which of them nothing above
                                                     misses; STRANGER: a bundle without signature whose second term hangs
                                                     on another event than it says
Prints a JSON object: what was tried, and what was not noticed."""
import importlib.util, json, random, re, struct, sys, types

ERRORS = (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError, struct.error)

CHECK = re.compile(r"\s+(same|need|signed|_ = pending and signed)\(?.*\)$")


def load(path):
    spec = importlib.util.spec_from_file_location("verify", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def why(verify, data, unsigned=False, key=None):
    """None where it is accepted."""
    try:
        verify.verify(memoryview(data), key, unsigned)
        return None
    except ERRORS as refused:
        return f"{type(refused).__name__}: {refused}"


def flips(verify, whole, bits, step=1):
    data, missed, tried = bytearray(whole), [], 0
    for at in range(0, len(data), step):
        for bit in range(8) if bits == 8 else [at % 8]:
            data[at] ^= 1 << bit
            tried += 1
            if why(verify, data) is None:
                missed.append([at, bit])
            data[at] ^= 1 << bit
    return {"tried": tried, "bytes": len(data), "missed": missed}


def cuts(verify, whole):
    lengths = sorted({0, 1, 511, 512, 513, len(whole) - 1, len(whole) - 512, len(whole) - 1024, *range(0, len(whole), 97)})
    tried = [whole[:n] for n in lengths] + [whole + bytes(n) for n in (1, 512, 1024)] + [whole + whole]
    return {"tried": len(tried), "missed": [len(data) for data in tried if why(verify, data) is None]}


def split(content, more):
    """Records behind their length."""
    at, found = 0, []
    while at < len(content):
        length = struct.unpack_from(">I", content, at)[0] + 4 + more
        found.append(content[at : at + length])
        at += length
    return found


def packed(verify, entries, change_manifest=lambda manifest: None):
    """As its writer would have packed it who has no key: the hash in place of the signature."""
    entries = dict(entries)
    manifest = json.loads(entries.pop("manifest.json"))
    entries.pop("manifest.sig", None)
    for each in manifest["entries"]:
        if each["name"] in entries:
            each["size"], each["sha256"] = len(entries[each["name"]]), verify.sha256(entries[each["name"]]).hex()
    manifest["entries"] = [each for each in manifest["entries"] if each["name"] in entries]
    change_manifest(manifest)
    entries["manifest.json"] = json.dumps(manifest).encode()
    entries["manifest.sha256"] = verify.sha256(entries["manifest.json"])
    blocks = [verify.header(n.encode(), len(c)) + c + bytes(-len(c) % 512) for n, c in entries.items()]
    return b"".join(blocks) + bytes(1024)


def edits(verify, whole, foreign):
    entries = {name: bytes(content) for name, content in verify.entries_of(memoryview(whole)).items()}
    others = split(bytes(verify.entries_of(memoryview(foreign))["events"]), 32)
    rows, statements = split(entries["events"], 32), split(entries["checkpoints"], 0)
    ends = lambda rows: lambda m: (
        m["terms"][-1].update(lastSequence=len(rows), lastHash=rows[-1][-32:].hex()),
        m.update(manifests=kinds(verify, rows)),
    )
    segment = [name for name in entries if name.startswith("segments/")][0]
    heads = verify.checkpoints(entries["checkpoints"], json.loads(entries["manifest.json"])["robot"])[1]
    middle = next(i for i in range(len(rows) // 2, len(rows)) if (1, i + 1) not in heads and not sealed(verify, rows[i]))
    swap = lambda rows, i: rows[:i] + [rows[i + 1], rows[i]] + rows[i + 2 :]
    forged = forge(verify, rows[-1])
    events = lambda rows: {"events": b"".join(rows)}
    said = lambda statements: {"checkpoints": b"".join(statements)}
    attempts = {
        "unsigned": {},
        "event removed": events(rows[:middle] + rows[middle + 1 :]),
        "first event removed": events(rows[1:]),
        "events reordered": events(swap(rows, middle)),
        "event doubled": events(rows[: middle + 1] + rows[middle:]),
        "event of another robot": events(rows[:middle] + [others[middle]] + rows[middle + 1 :]),
        "event of another robot at the end": events(rows + others[-1:]),
        "event changed, its hash right": events(rows[:middle] + [forge(verify, rows[middle])] + rows[middle + 1 :]),
        "last event changed, its hash right": events(rows[:-1] + [forged]),
        "end cut off": events(rows[:-1]),
        "end cut off behind the first": events(rows[:1]),
        "all events gone": events([]),
        "segment changed": {segment: entries[segment][:-1] + bytes([entries[segment][-1] ^ 1])},
        "segment cut off": {segment: entries[segment][:-1]},
        "segment gone": {segment: None},
        "statement removed": said(statements[:1] + statements[2:]),
        "first key gone": said(statements[1:]),
        "statement's bit flipped": said(statements[:1] + [flip(statements[1], 60)] + statements[2:]),
        "last signature changed": said(statements[:-1] + [flip(statements[-1], 4 + 170)]),
        "head of a checkpoint changed": said([*statements[:-1], flip(statements[-1], len(statements[-1]) - 1)]),
        "head of a checkpoint lower": said([*statements[:-1], flip(statements[-1], len(statements[-1]) - 33)]),
        "key swapped": said([swapped(statements[0])] + statements[1:]),
        "event changed, its hash kept": events(rows[:middle] + [flip(rows[middle], len(rows[middle]) - 33)] + rows[middle + 1 :]),
        "end cut off with its segment": {**events(rows[:-1]), **{name: None for name in entries if sealed(verify, rows[-1]) == name}},
        "last event changed, and its head": {
            **events(rows[:-1] + [forged]),
            **said([each.replace(rows[-1][-32:], forged[-32:]) for each in statements]),
        },
        "text of the software changed": said([flip(each, len(each) - 1) if b"tandem-soft" in each else each for each in statements]),
        "bytes behind the last proof": said(statements[:-1] + [longer(statements[-1])]),
        "bytes behind a key": said([longer(statements[0])] + statements[1:]),
        "another segment": {"segments/9-9.mcap": b"more"},
        "another entry": {"more": b"more"},
        "key that nobody signed": said(statements + [foreign_key(verify, statements[-1], len(statements) + 1)]),
    }
    says = {
        "manifest: more events": lambda m: m["terms"][0].update(lastSequence=m["terms"][0]["lastSequence"] + 1),
        "manifest: other kinds": lambda m: m["manifests"][0].update(events=9_999),
        "manifest: other key": lambda m: m.update(keys=["00" * 32]),
        "manifest: other checkpoint": lambda m: m.update(newestCheckpoint=99),
        "manifest: other format": lambda m: m.update(format="tandem-bundle/2"),
        "manifest: problems": lambda m: m.update(problems=["the disk was wet"]),
        "manifest: other robot": lambda m: m.update(robot="eve"),
        "manifest: other order": lambda m: m["entries"].reverse(),
        "manifest: begins later": lambda m: m["terms"][0].update(firstSequence=2),
        "manifest: begins elsewhere": lambda m: m["terms"][0].update(firstPreviousHash="11" * 32),
        "manifest: no entries": lambda m: m.update(entries=[]),
    }
    answers = {}
    for name, changed in attempts.items():
        kept = {n: c for n, c in {**entries, **changed}.items() if c is not None}
        right = ends(split(kept["events"], 32)) if kept["events"] else lambda manifest: manifest.update(terms=[], manifests=[])
        keys = [each[84:116].hex() for each in split(kept["checkpoints"], 0) if each[4:].startswith(b"tandem-key")]
        right_keys = lambda manifest: (right(manifest), manifest.update(keys=keys))
        answers[name] = why(verify, packed(verify, kept, right_keys), unsigned=name != "unsigned")
    named = {"name": "segments/9-9.mcap", "size": 4, "sha256": verify.sha256(b"more").hex()}
    kept = {**entries, "segments/9-9.mcap": b"more"}
    answers["another segment, named"] = why(verify, packed(verify, kept, lambda m: m["entries"].append(named)), unsigned=True)
    for name, change in says.items():
        answers[name] = why(verify, packed(verify, entries, change), unsigned=True)
    wrong = packed(verify, entries)
    answers["hash of the manifest wrong"] = why(verify, wrong[:-1536] + flip(wrong[-1536:-1024], 3) + wrong[-1024:], unsigned=True)
    answers["another key expected"] = why(verify, whole, key="00" * 32)
    return {"control": why(verify, packed(verify, entries), unsigned=True), "answers": answers}


def sealed(verify, row):
    """Entry of the segment that this event sealed; None where it sealed none."""
    _, robot, term, sequence, kind, *_ = verify.event(row[4:-32])
    return f"segments/{term}-{sequence}.mcap" if b"Segment" in kind else None


def longer(statement):
    return struct.pack(">I", len(statement) - 3) + statement[4:] + b"!"


def foreign_key(verify, last, number):
    """The next statement of the log, in all but its signature."""
    fields = list(verify.STATEMENT.unpack_from(last, 4))
    fields[0:4] = b"tandem-key/1", number, fields[2] + 1, verify.sha256(last[4:180])
    fields[4:6] = 2, bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    return struct.pack(">I", 176) + verify.STATEMENT.pack(*fields)


def kinds(verify, rows):
    count = {}
    for row in rows:
        kind = list(verify.event(row[4:-32]))[4].decode()
        count[kind] = count.get(kind, 0) + 1
    return [{"manifest": kind, "events": events} for kind, events in count.items()]


def flip(record, at):
    return record[:at] + bytes([record[at] ^ 1]) + record[at + 1 :]


def forge(verify, row):
    """Another payload, and the hash that belongs to it."""
    data = row[4:-33] + bytes([row[-33] ^ 1])
    return row[:4] + data + verify.sha256(data)


def swapped(statement):
    key = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")  # RFC 8032, test 1
    return statement[: 4 + 80] + key + statement[4 + 112 :]


def noise(verify, whole, seed):
    chance = random.Random(seed)
    deep, at = b"[" * 200_000, whole.index(b"manifest.json")
    at -= at % 512
    tried = {
        "nothing": b"",
        "noise": chance.randbytes(10_000),
        "blocks of noise": b"".join(verify.header(b"events", 512) + chance.randbytes(512) for _ in range(9)) + bytes(1024),
        "zeros": bytes(4096),
        "size without end": verify.header(b"events", 2**60) + bytes(2048),
        "negative size": verify.header(b"events", -1) + bytes(2048),
        "no number": b"events".ljust(512, b"x") + bytes(2048),
        "no manifest": whole[:at] + bytes(1024),
        "deep manifest": whole[:at] + block(verify, b"manifest.json", deep) + bytes(1024),
        "manifest is a list": whole[:at] + block(verify, b"manifest.json", b"[1]") + block(verify, b"manifest.sha256", bytes(32)) + bytes(1024),
        "manifest lacks all": whole[:at] + block(verify, b"manifest.json", b"{}") + block(verify, b"manifest.sha256", bytes(32)) + bytes(1024),
        "same entry twice": whole[:at] + whole,
    }
    entries = {name: bytes(content) for name, content in verify.entries_of(memoryview(whole)).items()}
    for name in ("events", "checkpoints"):
        for what, content in (
            ("of noise", chance.randbytes(4_000)),
            ("of lying lengths", b"\xff" * 400),
            ("of empty records", bytes(400)),
            ("of a short record", struct.pack(">I", 4) + bytes(36)),
        ):
            tried[f"{name} {what}"] = packed(verify, {**entries, name: content})
    for i in range(300):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 40)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        tried[f"noise over it {i}"] = bytes(data)
    answers = {name: why(verify, data, unsigned=True) for name, data in tried.items() if data != whole}
    return {"tried": len(answers), "missed": [name for name, said in answers.items() if said is None], "answers": {n: a for n, a in answers.items() if "over it" not in n}}


def mutants(path, whole, foreign, stranger):
    with open(path) as file:
        lines = file.read().split("\n")
    checks = [i for i, line in enumerate(lines) if CHECK.match(line)]
    survived = []
    for i in checks:
        indent = lines[i][: len(lines[i]) - len(lines[i].lstrip())]
        verify = types.ModuleType("verify")
        exec(compile("\n".join([*lines[:i], indent + "pass", *lines[i + 1 :]]), path, "exec"), verify.__dict__)
        if why(verify, whole) is None and not caught(verify, whole, foreign, stranger):
            survived.append(lines[i].strip())
    return {"checks": len(checks), "survived": survived}


def caught(verify, whole, foreign, stranger):
    """Whether some attack passes now."""
    if why(verify, stranger, unsigned=True) is None:
        return True
    if None in edits(verify, whole, foreign)["answers"].values() or cuts(verify, whole)["missed"]:
        return True
    return bool(noise(verify, whole, 1)["missed"] or flips(verify, whole, 1, step=3)["missed"])


def block(verify, name, content):
    return verify.header(name, len(content)) + content + bytes(-len(content) % 512)


if __name__ == "__main__":
    what, program, bundle, *more = sys.argv[1:]
    with open(bundle, "rb") as file:
        whole = file.read()
    verify = load(program)
    assert why(verify, whole) is None, why(verify, whole)
    if what in ("edits", "mutants"):
        others = []
        for name in more:
            with open(name, "rb") as file:
                others.append(file.read())
        print(json.dumps(edits(verify, whole, *others) if what == "edits" else mutants(program, whole, *others)))
    else:
        print(json.dumps({"flips": flips, "cuts": cuts, "noise": noise}[what](verify, whole, *map(int, more))))
