#!/usr/bin/env python3
"""What may be done to an evidence bundle, and whether docs/evidence/verify.py notices.

    bundle_attacks.py flips VERIFY BUNDLE 1|8        1 or 8 bits of every byte, one at a time
    bundle_attacks.py cuts VERIFY BUNDLE             the file cut off, and lengthened
    bundle_attacks.py edits VERIFY BUNDLE FOREIGN    edits by somebody who has no key, but puts all hashes of the
                                                     container right and leaves the signature out
    bundle_attacks.py noise VERIFY BUNDLE SEED       hostile files
Prints a JSON object: what was tried, and what was not noticed."""
import importlib.util, json, random, struct, sys

ERRORS = (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError, struct.error)


def load(path):
    spec = importlib.util.spec_from_file_location("verify", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def why(verify, data, unsigned=False):
    """None where it is accepted."""
    try:
        verify.verify(memoryview(data), None, unsigned)
        return None
    except ERRORS as refused:
        return f"{type(refused).__name__}: {refused}"


def flips(verify, whole, bits):
    data, missed, tried = bytearray(whole), [], 0
    for at in range(len(data)):
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
    middle, segment = len(rows) // 2, [name for name in entries if name.startswith("segments/")][0]
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
    }
    answers = {}
    for name, changed in attempts.items():
        kept = {n: c for n, c in {**entries, **changed}.items() if c is not None}
        right = ends(split(kept["events"], 32)) if kept["events"] else lambda manifest: manifest.update(terms=[], manifests=[])
        answers[name] = why(verify, packed(verify, kept, right), unsigned=name != "unsigned")
    return {"control": why(verify, packed(verify, entries), unsigned=True), "answers": answers}


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


def block(verify, name, content):
    return verify.header(name, len(content)) + content + bytes(-len(content) % 512)


if __name__ == "__main__":
    what, program, bundle, *more = sys.argv[1:]
    with open(bundle, "rb") as file:
        whole = file.read()
    verify = load(program)
    assert why(verify, whole) is None, why(verify, whole)
    if what == "edits":
        with open(more[0], "rb") as file:
            print(json.dumps(edits(verify, whole, file.read())))
    else:
        print(json.dumps({"flips": flips, "cuts": cuts, "noise": noise}[what](verify, whole, *map(int, more))))
