"""Decodes ROS 2 messages with rosbags and encodes them again: equal bytes mean that a foreign reader understood all.

Usage: cdr_round_trip.py FOLDER   (files named pkg.msg.Type.NAME.cdr)
Prints one JSON object per file: type, name, equal, frame, text.
"""
import json
import pathlib
import sys

from rosbags.typesys import Stores, get_typestore

store = get_typestore(Stores.ROS2_JAZZY)
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.cdr")):
    package, kind, name, topic, _ = file.name.split(".")
    typename = f"{package}/{kind}/{name}"
    raw = file.read_bytes()
    message = store.deserialize_cdr(raw, typename)
    again = bytes(store.serialize_cdr(message, typename))
    header = getattr(message, "header", None)
    print(json.dumps({
        "type": typename, "topic": topic, "equal": again == raw,
        "frame": header.frame_id if header else None,
        "stamp": header.stamp.sec if header else None,
    }))
