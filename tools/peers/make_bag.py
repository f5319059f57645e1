"""Writes a bag with rosbags: joint states, IMU and scans of a small robot, for play_bag.py."""
import argparse
import math
import random
from pathlib import Path

from rosbags.rosbag2 import StoragePlugin, Writer

from eve import STORE, imu, joint_state, scan

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--out", required=True)
parser.add_argument("--samples", type=int, default=200)
parser.add_argument("--storage", choices=["mcap", "sqlite3"], default="mcap")
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
rng = random.Random(options.seed)
storage = StoragePlugin.MCAP if options.storage == "mcap" else StoragePlugin.SQLITE3
with Writer(Path(options.out), version=9, storage_plugin=storage) as bag:
    kinds = {"/joint_states": "sensor_msgs/msg/JointState", "/imu/data": "sensor_msgs/msg/Imu",
             "/scan": "sensor_msgs/msg/LaserScan"}
    connections = {topic: bag.add_connection(topic, kind, typestore=STORE) for topic, kind in kinds.items()}
    for i in range(options.samples):
        messages = {"/joint_states": joint_state([math.sin(i / 50 + j) for j in range(4)], [0.0] * 4),
                    "/imu/data": imu(rng), "/scan": scan(rng)}
        for topic, message in messages.items():
            bag.write(connections[topic], 10**18 + i * 2_000_000, STORE.serialize_cdr(message, kinds[topic]))
