"""Somebody else who publishes on a robot's command topic: real Zenoh core, not the robot's guard."""
import argparse
import json
import time

import zenoh
from rosbags.typesys import Stores, get_typestore

STORE = get_typestore(Stores.ROS2_JAZZY)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connect", required=True)
    parser.add_argument("--mode", choices=["client", "peer"], default="client")
    parser.add_argument("--robot", default="eve")
    parser.add_argument("--joint", default="elbow")
    parser.add_argument("--count", type=int, default=20)
    options = parser.parse_args()
    config = zenoh.Config()
    config.insert_json5("mode", json.dumps(options.mode))
    config.insert_json5("connect/endpoints", json.dumps([options.connect]))
    config.insert_json5("listen/endpoints", "[]")
    config.insert_json5("scouting/multicast/enabled", "false")
    session = zenoh.open(config)
    kind, t = "trajectory_msgs/msg/JointTrajectory", STORE.types
    zero = t["builtin_interfaces/msg/Time"](sec=0, nanosec=0)
    import numpy as np
    point = t["trajectory_msgs/msg/JointTrajectoryPoint"](
        positions=np.array([1.0]), velocities=np.array([0.0]), accelerations=np.zeros(0), effort=np.zeros(0),
        time_from_start=t["builtin_interfaces/msg/Duration"](sec=1, nanosec=0))
    message = t[kind](header=t["std_msgs/msg/Header"](stamp=zero, frame_id=""),
                      joint_names=[options.joint], points=[point])
    key = (f"0/{options.robot}/joint_trajectory/trajectory_msgs::msg::dds_::JointTrajectory_/"
           f"{STORE.hash_rihs01(kind)}")
    payload = bytes(STORE.serialize_cdr(message, kind))
    for i in range(1, options.count + 1):
        attachment = i.to_bytes(8, "little") + time.time_ns().to_bytes(8, "little") + bytes([16]) + bytes(range(16))
        session.put(key, payload, attachment=attachment)
        time.sleep(0.02)
    print(json.dumps({"event": "done", "sent": options.count, "zid": str(session.zid())}), flush=True)
    session.close()


main()
