"""The rosbags side of the ros2 module's interop test.

Reads JSON lines {"type", "text"} (ros2msg schema text) until end of input, with the seed as first argument. Writes first
{"store": {type: hash}} of rosbags' own Jazzy definitions, then per type {"type", "hash", "le", "be", "value"}: its RIHS01, one
message with random values as CDR in both byte orders (hex), and those values (NaN and infinities as text).
"""

import json
import math
import random
import struct
import sys

import numpy
from rosbags.interfaces import Nodetype
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

# rosbags writes a single byte as a signed one: only the lower half compares.
RANGES = {
    "int8": (-(2**7), 2**7 - 1), "uint8": (0, 2**8 - 1), "byte": (0, 2**7 - 1), "octet": (0, 2**7 - 1), "char": (0, 2**8 - 1),
    "int16": (-(2**15), 2**15 - 1), "uint16": (0, 2**16 - 1), "int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1), "uint64": (0, 2**64 - 1),
}
SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324]


def number(rng, kind):
    if kind == "bool":
        return rng.random() < 0.5
    if kind in RANGES:
        low, high = RANGES[kind]
        return rng.choice([low, high, rng.randint(low, high)])
    value = rng.choice(SPECIAL) if rng.random() < 0.2 else rng.uniform(-1e6, 1e6)
    return struct.unpack("<f", struct.pack("<f", value))[0] if kind == "float32" else value


def text(rng, bound):
    length = rng.randint(0, min(bound, 9) if bound else 9)
    return "".join(rng.choice("abz_/ 09é€😀\"\\\n" if not bound else "abz09") for _ in range(length))


def one(store, rng, node):
    kind, detail = node
    if kind == Nodetype.BASE:
        name, bound = detail
        return text(rng, bound) if name == "string" else number(rng, name)
    if kind == Nodetype.NAME:
        return message(store, rng, detail)
    element, size = detail
    count = size if kind == Nodetype.ARRAY else rng.randint(0, min(size, 4) if size else 4)
    values = [one(store, rng, element) for _ in range(count)]
    if element[0] == Nodetype.BASE and element[1][0] != "string":
        dtype = {"byte": "uint8", "octet": "uint8", "char": "uint8"}.get(element[1][0], element[1][0])
        return numpy.array(values, dtype=numpy.dtype(dtype))
    return values


def message(store, rng, name):
    fields = store.fielddefs[name][1]
    return store.types[name](**{field: one(store, rng, node) for field, node in fields})


def fields_of(value):
    """Names of the message's fields: of its dataclass all but constants and type name."""
    return [name for name, field in value.__dataclass_fields__.items() if "ClassVar" not in str(field.type) and name != "__msgtype__"]


def plain(value):
    if isinstance(value, numpy.ndarray):
        return [plain(v) for v in value.tolist()]
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, (bool, int, str)):
        return value
    return {field: plain(getattr(value, field)) for field in fields_of(value)}


def main():
    rng = random.Random(int(sys.argv[1]))
    jazzy = get_typestore(Stores.ROS2_JAZZY)
    print(json.dumps({"store": {name: jazzy.hash_rihs01(name) for name in sorted(jazzy.fielddefs)}}))
    for line in sys.stdin:
        asked = json.loads(line)
        store = get_typestore(Stores.EMPTY)
        store.register(get_types_from_msg(asked["text"], asked["type"]))
        value = message(store, rng, asked["type"])
        print(json.dumps({
            "type": asked["type"],
            "hash": store.hash_rihs01(asked["type"]),
            "le": bytes(store.serialize_cdr(value, asked["type"], little_endian=True)).hex(),
            "be": bytes(store.serialize_cdr(value, asked["type"], little_endian=False)).hex(),
            "value": plain(value),
        }))


if __name__ == "__main__":
    main()
