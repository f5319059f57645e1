"""Compares an exported MCAP, read by the PyPI mcap reader, with what eve.py says it has put, byte for byte."""
import argparse
import hashlib
import json
import sys
from collections import defaultdict

from mcap.reader import make_reader

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mcap", required=True)
parser.add_argument("--log", required=True)
parser.add_argument("--unknown-types", action="store_true", help="a channel may have no schema")
options = parser.parse_args()
expected, found, problems = defaultdict(list), defaultdict(list), []
with open(options.log) as lines:
    for line in lines:
        topic, sequence, digest, length = line.split()
        expected[topic].append((int(sequence), digest))
last = 0
with open(options.mcap, "rb") as stream:
    reader = make_reader(stream)
    if reader.get_header().profile != "ros2":
        problems.append(f"profile: expected ros2, found {reader.get_header().profile}")
    for schema, channel, message in reader.iter_messages(log_time_order=False):
        if channel.topic == "/tandem/events":
            continue
        described = schema is not None and schema.encoding == "ros2msg"
        if channel.message_encoding != "cdr" or not (described or options.unknown_types):
            problems.append(f"{channel.topic}: expected cdr with a ros2msg schema")
        found[channel.topic].append(hashlib.sha256(message.data).hexdigest())
for topic, samples in expected.items():
    digests = [digest for _, digest in samples]
    if found[topic] != digests:
        at = next((i for i, pair in enumerate(zip(digests, found[topic])) if pair[0] != pair[1]), "end")
        problems.append(f"{topic}: expected {len(digests)} payloads, found {len(found[topic])}; first difference at {at}")
print(json.dumps({"counts": {t: len(v) for t, v in found.items()}, "problems": problems[:10], "ok": not problems}))
sys.exit(1 if problems else 0)
