"""Somebody else who publishes on a robot's command topic: real Zenoh core, not the robot's guard.

Joint trajectories of a publisher that no node declares, or with --cmd-vel those of a node `joystick` in the graph, which stays
until its standard input ends.
"""
import argparse
import json
import sys
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
    parser.add_argument("--cmd-vel", choices=["twist", "stamped"], default=None)
    options = parser.parse_args()
    config = zenoh.Config()
    config.insert_json5("mode", json.dumps(options.mode))
    config.insert_json5("connect/endpoints", json.dumps([options.connect]))
    config.insert_json5("listen/endpoints", "[]")
    config.insert_json5("scouting/multicast/enabled", "false")
    session = zenoh.open(config)
    if options.cmd_vel:
        drive(session, options)
        return
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


def drive(session, options):
    from eve import T, Node, Publisher, header
    kind = "geometry_msgs/msg/TwistStamped" if options.cmd_vel == "stamped" else "geometry_msgs/msg/Twist"
    vector = T["geometry_msgs/msg/Vector3"]
    twist = T["geometry_msgs/msg/Twist"](linear=vector(x=9.0, y=0.0, z=0.0), angular=vector(x=0.0, y=0.0, z=0.0))
    node = Node(session, 0, options.robot, "joystick")
    publisher = Publisher(node, "cmd_vel", kind)
    for _ in range(options.count):
        publisher.put(T[kind](header=header("base_link"), twist=twist) if options.cmd_vel == "stamped" else twist)
        time.sleep(0.02)
    print(json.dumps({"event": "done", "sent": options.count, "zid": str(session.zid())}), flush=True)
    sys.stdin.read()
    node.entities.clear()
    session.close()


main()
