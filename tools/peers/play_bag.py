"""Plays a recorded bag (rosbag2, MCAP or SQLite storage) through the real Zenoh core as a robot of its own.

Every payload goes out as it was recorded; `--log` gets the same lines as eve.py writes.
"""
import argparse
import json
import os
import sqlite3
import sys
import threading
import time
from pathlib import Path

import zenoh
from mcap.reader import make_reader

from eve import Node, Publisher, STORE, T, urdf


def from_mcap(path):
    with open(path, "rb") as stream:
        for schema, channel, message in make_reader(stream).iter_messages(log_time_order=False):
            yield channel.topic, schema.name, channel.metadata.get("topic_type_hash", ""), message.data


def from_sqlite(path):
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as db:
        rows = db.execute("select t.name, t.type, m.data from messages m join topics t on t.id = m.topic_id order by m.id")
        for topic, ros_type, data in rows:
            yield topic, ros_type, "", bytes(data)


def samples(bag):
    files = sorted(Path(bag).rglob("*.mcap")) + sorted(Path(bag).rglob("*.db3")) if Path(bag).is_dir() else [Path(bag)]
    for file in files:
        yield from from_sqlite(file) if file.suffix == ".db3" else from_mcap(file)


def type_hash(ros_type, recorded):
    if recorded.startswith("RIHS01_"):
        return recorded
    return STORE.hash_rihs01(ros_type) if ros_type in STORE.types else "RIHS01_" + "0" * 64


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connect", action="append", required=True)
    parser.add_argument("--mode", choices=["client", "peer"], default="client")
    parser.add_argument("--bag", required=True)
    parser.add_argument("--namespace", default="bag")
    parser.add_argument("--rate", type=float, default=500, help="samples a second")
    parser.add_argument("--log", required=True)
    parser.add_argument("--linger", type=float, default=2.0)
    options = parser.parse_args()
    config = zenoh.Config()
    config.insert_json5("mode", json.dumps(options.mode))
    config.insert_json5("connect/endpoints", json.dumps(options.connect))
    config.insert_json5("listen/endpoints", "[]")
    config.insert_json5("scouting/multicast/enabled", "false")
    session = zenoh.open(config)
    node = Node(session, 0, options.namespace, "player")
    description = Publisher(node, "robot_description", "std_msgs/msg/String", ":1:,1:,:,:,,", latched=True)
    recorded = list(samples(options.bag))
    publishers = {}
    for topic, ros_type, hash_text, _ in recorded:
        if topic not in publishers:
            publishers[topic] = Publisher(node, topic.lstrip("/"), ros_type, type_hash=type_hash(ros_type, hash_text))
    with open(options.log, "w") as log:
        description.put(T["std_msgs/msg/String"](data=urdf(options.namespace)), log)
        print(json.dumps({"event": "ready", "topics": sorted(publishers)}), flush=True)
        time.sleep(1.0)
        begin = time.monotonic()
        for i, (topic, _, _, data) in enumerate(recorded):
            time.sleep(max(0.0, begin + i / options.rate - time.monotonic()))
            publishers[topic].raw(data, log)
    sent = {p.topic: p.sequence for p in publishers.values()}
    print(json.dumps({"event": "done", "sent": sent}), flush=True)
    threading.Timer(options.linger, lambda: os._exit(0)).start()
    while os.read(0, 4096):
        pass
    session.close()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
