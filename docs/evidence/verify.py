#!/usr/bin/env python3
"""Verifies an evidence bundle of Tandem, offline, with nothing but Python 3.9 or later. README.md has the format.

    python3 verify.py BUNDLE [--key HEX] [--unsigned]

--key: a public key of the node that you know from elsewhere; without it the bundle proves that nothing was changed since
it was signed, not who signed it. --unsigned: take a bundle without signature, too. Exit 0: all is as it was written;
1: not, and standard error says what; 2: wrong usage."""
import argparse, functools, hashlib, json, mmap, struct, sys

BLOCK, ZERO, STATEMENT = 512, bytes(32), struct.Struct(">24sQq32sQ32s64s")  # README: kind, number, ns, previous, ...
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519, RFC 8032
D, ROOT = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)

def need(ok, where, what):
    if not ok:
        raise ValueError(f"{where}: {what}")

def same(where, expected, found):
    pairs = zip(expected, found) if isinstance(expected, tuple) else [(expected, found)]
    need(expected == found, where, ", ".join(f"expected {str(e)[:160]}, found {str(f)[:160]}" for e, f in pairs if e != f))

def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * ROOT % P
    need(y < P and (x * x - square) % P == 0 and (x or not sign), "key or signature", "expected a point of the curve")
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P

def plus(one, other):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = one, other
    a, b, c, d = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2), 2 * t1 * t2 * D, 2 * z1 * z2
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(n, of):
    total = (0, 1, 1, 0)
    while n:
        total, of, n = plus(total, of) if n & 1 else total, plus(of, of), n >> 1
    return total

@functools.lru_cache(maxsize=64)
def signed(where, key, message, signature):
    base, s = point((4 * pow(5, -1, P) % P).to_bytes(32, "little")), int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = times(s, base), plus(point(signature[:32]), times(h, point(key)))
    fits = all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))
    need(fits and s < L and len(signature) == 64, where, f"expected a signature of key {key.hex()}, found another")

def header(name, size):
    octal = b"%011o\0" % size if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    head = name.ljust(100, b"\0") + b"0000444\0" + b"0000000\0" * 2 + octal + b"0" * 11 + b"\0" + b" " * 8 + b"0"
    head += bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2 + bytes(167)
    return head[:148] + b"%06o\0 " % sum(head) + head[156:]

def entries_of(data):
    """A tar of which every byte outside of the contents follows from names and sizes. Name to content."""
    at, found = 0, {}
    while data[at : at + BLOCK] != bytes(BLOCK):
        need(at + 3 * BLOCK <= len(data), f"byte {at}", "expected an entry and two empty blocks: it was cut off")
        name, number = bytes(data[at : at + 100]).rstrip(b"\0"), bytes(data[at + 124 : at + 136])
        size = int.from_bytes(number[1:], "big") if number[0] == 0x80 else int(number[:11], 8)
        fits = size >= 0 and name not in found and header(name, size) == data[at : at + BLOCK]
        need(fits, f"byte {at}", f"expected the only header of {name}, found another")
        found[name], at = data[at + BLOCK : at + BLOCK + size], at + BLOCK + size
        need(at <= len(data) - 2 * BLOCK, f"byte {at}", f"expected {size} bytes of {name}: it was cut off")
        same(f"byte {at}: padding", bytes(-at % BLOCK), bytes(data[at : at + -at % BLOCK]))
        at += -at % BLOCK
    same(f"byte {at}: end of the file", (2 * BLOCK, bytes(2 * BLOCK)), (len(data) - at, bytes(data[at : at + 2 * BLOCK])))
    return {name.decode("ascii"): content for name, content in found.items()}

def records(data, more):
    """Each behind its length (u32), which does not count `more` bytes."""
    at = 0
    while at < len(data):
        end = at + 4 + struct.unpack_from(">I", data, at)[0] + more
        need(end <= len(data), f"byte {at} of the entry", f"expected a record up to byte {end}, found the end at {len(data)}")
        yield bytes(data[at + 4 : end])
        at = end

def root(place, size, value, path):
    """RFC 6962, section 2.1.1, from the leaf up."""
    if size == 1:
        return value if place == 0 and not path else ZERO
    split = 1 << (size - 1).bit_length() - 1
    if place < split:
        return sha256(b"\1", root(place, split, value, path[:-1]), path[-1])
    return sha256(b"\1", path[-1], root(place - split, size - split, value, path[:-1]))

def checkpoints(data, robot):
    """Keys, oldest first; (term, sequence) to hash; number of the newest checkpoint."""
    keys, heads, newest, number, link, pending = [], {}, 0, 0, ZERO, None
    for record in records(data, 0):
        kind, found, _, previous, count, value, signature = STATEMENT.unpack_from(record)
        rest, where, number = record[STATEMENT.size :], f"checkpoints: statement {found}", number + 1
        same(where + ": number, hash of the one before", (number, link.hex()), (found, previous.hex()))
        pending, link = (record[:112], signature), sha256(record[: STATEMENT.size])
        if kind == b"tandem-key/1".ljust(24, b"\0"):  # its signature carries all before it, too, by their links
            same(where + ": number of the key, bytes", (len(keys) + 1, b""), (count, rest))
            signed(where, keys[-1] if keys else value, *pending)
            keys, pending = keys + [value], None
        elif kind == b"tandem-software/1".ljust(24, b"\0"):
            same(where + ": SHA-256 of the text", value.hex(), sha256(rest).hex())
        else:
            same(where + ": kind", b"tandem-checkpoint/1".ljust(24, b"\0"), kind)
            newest, at = number, 4
            for _ in range(struct.unpack_from(">I", rest)[0]):
                place, hashes = struct.unpack_from(">QH", rest, at)
                path, at = [rest[at + 10 + 32 * i : at + 42 + 32 * i] for i in range(hashes)], at + 10 + 32 * hashes
                leaf = rest[at : at + 42 + struct.unpack_from(">H", rest, at)[0]]
                (twin, term), (sequence, hashed) = leaf[2:-40].decode().rsplit("~", 1), struct.unpack(">Q32s", leaf[-40:])
                same(where + ": root over the heads", value.hex(), root(place, count, sha256(b"\0", leaf), path).hex())
                same(where + ": twin", f"RobotTwin|{robot}", twin)
                same(f"{where}: event {sequence}", heads.setdefault((int(term), sequence), hashed), hashed)
                at += len(leaf)
            same(where + ": bytes", len(rest), at)
    _ = pending and signed(f"checkpoints: statement {number}", keys[-1], *pending)
    return keys, heads, newest

def event(record):
    """Domain, robot, term, sequence, manifest, schema version, ns, hash of the one before, payload: what is hashed."""
    at = 0
    for kind in "ttQQtIqtt":  # t: bytes behind their length (u32)
        size = struct.unpack_from(">I", record, at)[0] if kind == "t" else struct.calcsize(">" + kind)
        at += size + 4 if kind == "t" else size
        yield record[at - size : at] if kind == "t" else struct.unpack_from(">" + kind, record, at - size)[0]
    same("event: bytes", len(record), at)

def events(data, manifest, heads):
    """Events by kind; payload of the event that sealed each segment; how many are behind the newest checkpoint."""
    terms, last, kinds, segments = {t["term"]: t for t in manifest["terms"]}, {}, {}, {}
    forks = {(t["parentTerm"], t["parentSequence"]): None if t["parentTerm"] else ZERO for t in terms.values()}
    for record in records(data, 32):
        domain, robot, term, sequence, kind, _, nanos, previous, payload = event(record[:-32])
        where, kind, span, hashed = f"term {term} event {sequence}", kind.decode(), terms[term], record[-32:]
        right = sha256(record[:-32]).hex(), b"tandem-event/1", manifest["robot"].encode()
        same(where + ": hash over its bytes, robot", right, (hashed.hex(), domain, robot))
        if term in last:
            number, earlier, before = last[term]
            same(where + ": place", (max(last), number + 1), (term, sequence))
            same(where + ": hash of the one before, later", (before.hex(), True), (previous.hex(), nanos > earlier))
        else:
            same(where + ": first", (span["firstSequence"], span["firstPreviousHash"]), (sequence, previous.hex()))
            parent = forks[span["parentTerm"], span["parentSequence"]] if sequence == 1 else None
            same(where + ": hash of its parent", (parent or previous).hex(), previous.hex())
        if (term, sequence) in forks:
            forks[term, sequence] = hashed
        same(where + ": hash that a checkpoint signs", heads.get((term, sequence), hashed).hex(), hashed.hex())
        last[term], kinds[kind] = (sequence, nanos, hashed), kinds.get(kind, 0) + 1
        if kind in ("tandem.SegmentSealed/1", "tandem.SegmentRecovered/1"):
            segments[f"segments/{term}-{sequence}.mcap"] = payload
    for term, sequence in heads:
        need(sequence <= (end := last.get(term, (0,))[0]), f"term {term}", f"expected event {sequence}, found {end}: cut off")
    said = {term: (span["lastSequence"], span["lastHash"]) for term, span in terms.items()}
    same("manifest: terms", said, {term: (end[0], end[2].hex()) for term, end in last.items()})
    return kinds, segments, sum(end[0] - max([s for t, s in heads if t == term], default=0) for term, end in last.items())

def verify(data, key, unsigned):
    entries = entries_of(data)
    *names, seal = entries
    text, proof, manifest = bytes(entries["manifest.json"]), bytes(entries[seal]), json.loads(bytes(entries["manifest.json"]))
    listed = {each["name"]: each["sha256"] for each in manifest["entries"]}
    same("entries", ["events", "checkpoints", *list(listed)[2:], "manifest.json"], names)
    for name, expected in listed.items():
        same(name + ": SHA-256", expected, hashlib.sha256(entries[name]).hexdigest())
    keys, heads, newest = checkpoints(entries["checkpoints"], manifest["robot"])
    if seal == "manifest.sig":
        signed("manifest", keys[-1], b"tandem-bundle/1".ljust(24, b"\0") + sha256(text), proof)
    else:
        same("manifest", ("manifest.sha256", sha256(text).hex()), (seal, proof.hex()))
        need(unsigned and not key, "manifest", "expected a signature, found none (--unsigned takes it all the same)")
    need(not key or bytes.fromhex(key) in keys, "key", f"expected {key}, found {[each.hex() for each in keys]}")
    kinds, segments, behind = events(entries["events"], manifest, heads)
    same("segments", list(segments), names[2:-1])
    for name, payload in segments.items():
        need(bytes.fromhex(listed[name]) in payload, name, "expected the SHA-256 that its event says, found another")
    said = manifest["format"], manifest["keys"], manifest["newestCheckpoint"], manifest["problems"]
    same("manifest: format, keys, checkpoint, problems", ("tandem-bundle/1", [each.hex() for each in keys], newest, []), said)
    same("manifest: kinds of events", {each["manifest"]: each["events"] for each in manifest["manifests"]}, kinds)
    return f"{manifest['robot']}: {sum(kinds.values())} events, {len(segments)} segments, newest checkpoint {newest}, " + (
        f"{behind} events behind it; key {keys[-1].hex() if keys else 'none'}{'' if key else ', which nothing here proves'}")

if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, how in (("bundle", {}), ("--key", {"metavar": "HEX"}), ("--unsigned", {"action": "store_true"})):
        asked.add_argument(name, **how)
    given = asked.parse_args()
    try:
        with open(given.bundle, "rb") as file:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        print("ok " + verify(data, given.key, given.unsigned))
    except (ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RecursionError, TypeError, ValueError, struct.error) as e:
        sys.exit(f"BAD {given.bundle}: {e if type(e) is ValueError else f'no bundle of this format: {e!r}'}"[:500])
