"""A robot on zenoh-ros2-sdk (its own keys, tokens and attachments on the real core) for the tests.

Publishes joint_states, imu/data and scan in a namespace at --rate until a line or the end of standard input, then lingers until
its end. Writes JSON lines as eve.py does: {"event":"ready"}, {"event":"sampled","sent":{topic: count},"joints":{name: rad}}.
"""
import argparse
import json
import math
import sys
import threading
import time

import numpy as np
from rosbags.typesys import Stores, get_typestore
from zenoh_ros2_sdk import ROS2Publisher
from zenoh_ros2_sdk.session import ZenohSession

STORE = get_typestore(Stores.ROS2_JAZZY)  # for the hashes: the SDK's own need upstream files
JOINTS = ["shoulder_pan", "shoulder_lift", "elbow", "wrist"]
DEFINITIONS = {
    "builtin_interfaces/msg/Time": "int32 sec\nuint32 nanosec\n",
    "std_msgs/msg/Header": "builtin_interfaces/Time stamp\nstring frame_id\n",
    "geometry_msgs/msg/Vector3": "float64 x\nfloat64 y\nfloat64 z\n",
    "geometry_msgs/msg/Quaternion": "float64 x 0\nfloat64 y 0\nfloat64 z 0\nfloat64 w 1\n",
    "sensor_msgs/msg/JointState":
        "std_msgs/Header header\nstring[] name\nfloat64[] position\nfloat64[] velocity\nfloat64[] effort\n",
    "sensor_msgs/msg/Imu":
        "std_msgs/Header header\ngeometry_msgs/Quaternion orientation\nfloat64[9] orientation_covariance\n"
        "geometry_msgs/Vector3 angular_velocity\nfloat64[9] angular_velocity_covariance\n"
        "geometry_msgs/Vector3 linear_acceleration\nfloat64[9] linear_acceleration_covariance\n",
    "sensor_msgs/msg/LaserScan":
        "std_msgs/Header header\nfloat32 angle_min\nfloat32 angle_max\nfloat32 angle_increment\nfloat32 time_increment\n"
        "float32 scan_time\nfloat32 range_min\nfloat32 range_max\nfloat32[] ranges\nfloat32[] intensities\n",
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--rate", type=float, default=500)
    arguments = parser.parse_args()
    space = "/" + arguments.namespace
    session = ZenohSession.get_instance("127.0.0.1", arguments.port)
    kinds = {name: session.register_message_type(text, name) for name, text in DEFINITIONS.items()}
    header_of, time_of = kinds["std_msgs/msg/Header"], kinds["builtin_interfaces/msg/Time"]

    def publisher(topic, kind):
        return ROS2Publisher(topic=f"{space}/{topic}", msg_type=kind, msg_definition=DEFINITIONS[kind], node_name="driver",
                             namespace=space, domain_id=0, router_port=arguments.port, type_hash=STORE.hash_rihs01(kind))

    joints = publisher("joint_states", "sensor_msgs/msg/JointState")
    imu = publisher("imu/data", "sensor_msgs/msg/Imu")
    scan = publisher("scan", "sensor_msgs/msg/LaserScan")
    enough, end = threading.Event(), threading.Event()

    def listen():
        sys.stdin.readline()
        enough.set()
        sys.stdin.read()
        end.set()

    threading.Thread(target=listen, daemon=True).start()
    print(json.dumps({"event": "ready"}), flush=True)
    sent, positions, covariance = 0, [0.0] * len(JOINTS), np.zeros(9)
    begin = time.monotonic()
    while not enough.is_set():
        now = time.time_ns()
        header = header_of(stamp=time_of(sec=now // 10**9, nanosec=now % 10**9), frame_id="base_link")
        positions = [0.3 * math.sin(sent / 500 + i) for i in range(len(JOINTS))]
        joints.publish(header=header, name=JOINTS, position=np.array(positions), velocity=np.zeros(len(JOINTS)),
                       effort=np.zeros(len(JOINTS)))
        imu.publish(header=header, orientation=kinds["geometry_msgs/msg/Quaternion"](x=0.0, y=0.0, z=0.0, w=1.0),
                    orientation_covariance=covariance,
                    angular_velocity=kinds["geometry_msgs/msg/Vector3"](x=0.0, y=0.0, z=0.0),
                    angular_velocity_covariance=covariance,
                    linear_acceleration=kinds["geometry_msgs/msg/Vector3"](x=0.0, y=0.0, z=9.81),
                    linear_acceleration_covariance=covariance)
        scan.publish(header=header, angle_min=-1.0, angle_max=1.0, angle_increment=0.05, time_increment=0.0, scan_time=0.1,
                     range_min=0.1, range_max=10.0, ranges=np.full(41, 2.5, dtype=np.float32),
                     intensities=np.zeros(41, dtype=np.float32))
        sent += 1
        wait = begin + sent / arguments.rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
    print(json.dumps({"event": "sampled", "sent": {f"{space}/{topic}": sent for topic in ("joint_states", "imu/data", "scan")},
                      "joints": dict(zip(JOINTS, positions))}), flush=True)
    end.wait()
    for one in (joints, imu, scan):
        one.close()


if __name__ == "__main__":
    main()
