"""A foreign ROS 2 robot for the tests: real Zenoh core, CDR and type hashes by rosbags, nothing of Tandem.

It speaks rmw_zenoh's conventions (keys, 33-byte attachments, liveliness tokens, latched topics by zenoh-ext's
advanced publisher) and prints one JSON object per line:
  {"event":"ready",...}       everything is declared
  {"event":"command",...}     a command message arrived (type, fields as ROS names, hex of the payload)
  {"event":"sampled","sent":{topic: count},"joints":{name: rad}}  the last sample is out
  {"event":"done",...}        the same again, before the session closes
`--log FILE` gets one line per sample put: topic, sequence, SHA-256 and length of the payload.
A line on stdin ends the sampling (the session stays for --linger); SIGTERM or the end of stdin ends it in order.
"""
import argparse
import hashlib
import json
import math
import os
import random
import signal
import threading
import time

import numpy as np
import xxhash
import zenoh
import zenoh.ext
from rosbags.typesys import Stores, get_typestore

STORE = get_typestore(Stores.ROS2_JAZZY)
T = STORE.types
JOINTS = ["shoulder_pan", "shoulder_lift", "elbow", "wrist"]


def urdf(name):
    links = "".join(f'<link name="{l}"/>' for l in ["base_link", "l1", "l2", "l3", "l_gripper"])
    parents = ["base_link", "l1", "l2", "l3"]
    children = ["l1", "l2", "l3", "l_gripper"]
    axes = ["0 0 1", "0 1 0", "0 1 0", "0 1 0"]
    joints = "".join(
        f'<joint name="{j}" type="revolute"><parent link="{p}"/><child link="{c}"/><origin xyz="0.25 0 0"/>'
        f'<axis xyz="{a}"/><limit lower="-2.5" upper="2.5" velocity="2.0" effort="20"/></joint>'
        for j, p, c, a in zip(JOINTS, parents, children, axes))
    return f'<?xml version="1.0"?><robot name="{name}">{links}{joints}</robot>'


def mangle(ros_type):
    package, kind, name = ros_type.split("/")
    return f"{package}::{kind}::dds_::{name}_"


class Node:
    def __init__(self, session, domain, namespace, name):
        self.session, self.domain, self.namespace = session, domain, namespace
        self.zid, self.name, self.next_id = str(session.zid()), name, 0
        self.entities = []
        self.node_id = self.take_id()
        ns = "%" if not namespace else "%" + namespace.replace("/", "%")
        self.where = f"%/{ns}/{name}"
        self.token(f"@ros2_lv/{domain}/{self.zid}/{self.node_id}/{self.node_id}/NN/{self.where}")

    def take_id(self):
        self.next_id += 1
        return self.next_id - 1

    def token(self, key):
        self.entities.append(self.session.liveliness().declare_token(key))
        return key

    def full(self, topic):
        return topic if topic.startswith("/") else (f"/{self.namespace}/{topic}" if self.namespace else f"/{topic}")

    def endpoint(self, kind, topic, ros_type, qos, type_hash=None):
        name, type_hash = self.full(topic), type_hash or STORE.hash_rihs01(ros_type)
        key = f"{self.domain}/{name.strip('/')}/{mangle(ros_type)}/{type_hash}"
        mangled = name.replace("/", "%")
        token = self.token(
            f"@ros2_lv/{self.domain}/{self.zid}/{self.node_id}/{self.take_id()}/{kind}/{self.where}/"
            f"{mangled}/{mangle(ros_type)}/{type_hash}/{qos}")
        return name, key, token


class Publisher:
    def __init__(self, node, topic, ros_type, qos="::,10:,:,:,,", latched=False, attach=True,
                 type_hash=None):
        self.topic, self.key, token = node.endpoint("MP", topic, ros_type, qos, type_hash)
        gid = xxhash.xxh3_128_intdigest(token.encode())
        self.gid = gid.to_bytes(16, "little")
        self.type, self.sequence, self.attach = ros_type, 0, attach
        if latched:
            self.publisher = zenoh.ext.declare_advanced_publisher(
                node.session, self.key, cache=zenoh.ext.CacheConfig(1),
                sample_miss_detection=zenoh.ext.MissDetectionConfig(sporadic_heartbeat=0.5), publisher_detection=True)
        else:
            block = zenoh.CongestionControl.BLOCK
            self.publisher = node.session.declare_publisher(self.key, congestion_control=block)
        node.entities.append(self.publisher)

    def put(self, message, log=None):
        self.raw(bytes(STORE.serialize_cdr(message, self.type)), log)

    def raw(self, payload, log=None):
        self.sequence += 1
        attachment = (self.sequence.to_bytes(8, "little") + time.time_ns().to_bytes(8, "little")
                      + bytes([16]) + self.gid)
        self.publisher.put(payload, attachment=attachment if self.attach else None)
        if log:
            log.write(f"{self.topic} {self.sequence} {hashlib.sha256(payload).hexdigest()} {len(payload)}\n")


def header(frame):
    now = time.time_ns()
    return T["std_msgs/msg/Header"](
        stamp=T["builtin_interfaces/msg/Time"](sec=now // 10**9, nanosec=now % 10**9), frame_id=frame)


def joint_state(q, v):
    return T["sensor_msgs/msg/JointState"](
        header=header(""), name=JOINTS, position=np.array(q), velocity=np.array(v), effort=np.zeros(len(q)))


def imu(rng):
    vector, quaternion = T["geometry_msgs/msg/Vector3"], T["geometry_msgs/msg/Quaternion"]
    return T["sensor_msgs/msg/Imu"](
        header=header("imu_link"), orientation=quaternion(x=0.0, y=0.0, z=0.0, w=1.0),
        orientation_covariance=np.zeros(9), angular_velocity=vector(x=rng.gauss(0, 0.01), y=0.0, z=0.0),
        angular_velocity_covariance=np.zeros(9), linear_acceleration=vector(x=0.0, y=0.0, z=9.81),
        linear_acceleration_covariance=np.zeros(9))


def scan(rng):
    ranges = np.array([rng.uniform(0.5, 8) for _ in range(90)] + [math.inf] * 10, dtype=np.float32)
    return T["sensor_msgs/msg/LaserScan"](
        header=header("lidar_link"), angle_min=-1.5, angle_max=1.5, angle_increment=0.03, time_increment=0.0,
        scan_time=0.1, range_min=0.1, range_max=10.0, ranges=ranges, intensities=np.zeros(0, dtype=np.float32))


def image(rng):
    return T["sensor_msgs/msg/Image"](
        header=header("camera"), height=8, width=8, encoding="mono8", is_bigendian=0, step=8,
        data=np.array([rng.randrange(256) for _ in range(64)], dtype=np.uint8))


def transforms(latched):
    vector, quaternion = T["geometry_msgs/msg/Vector3"], T["geometry_msgs/msg/Quaternion"]
    one = T["geometry_msgs/msg/TransformStamped"](
        header=header("base_link" if latched else "odom"), child_frame_id="imu_link" if latched else "base_link",
        transform=T["geometry_msgs/msg/Transform"](
            translation=vector(x=0.1, y=0.0, z=0.2), rotation=quaternion(x=0.0, y=0.0, z=0.0, w=1.0)))
    return T["tf2_msgs/msg/TFMessage"](transforms=[one])


def plain(value):
    if hasattr(value, "__dataclass_fields__"):
        return {k: plain(getattr(value, k)) for k in value.__dataclass_fields__ if k != "__msgtype__"}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


class Robot:
    def __init__(self, options):
        self.options = options
        self.rng = random.Random(options.seed)
        self.lock = threading.Lock()
        self.q = [0.1 * (i + 1) for i in range(len(JOINTS))]
        self.v = [0.0] * len(JOINTS)
        self.motion = None
        self.silent = threading.Event()
        self.stopping = threading.Event()
        self.sampled = threading.Event()
        self.sent = {}

    def say(self, **line):
        with self.lock:
            print(json.dumps(line), flush=True)

    def on_command(self, sample, ros_type, topic):
        payload = bytes(sample.payload.to_bytes())
        message = STORE.deserialize_cdr(payload, ros_type)
        self.say(event="command", topic=topic, type=ros_type, message=plain(message), hex=payload.hex(),
                 attachment=bytes(sample.attachment.to_bytes()).hex() if sample.attachment else None,
                 at=time.time())
        if self.options.behaviour == "silent":
            self.silent.set()
        if self.options.behaviour == "follow" and ros_type.endswith("JointTrajectory") and message.points:
            last = message.points[-1]
            seconds = max(last.time_from_start.sec + last.time_from_start.nanosec / 1e9, 0.01)
            goal = list(self.q)
            for name, position in zip(message.joint_names, last.positions):
                goal[JOINTS.index(name)] = float(position)
            self.motion = (time.monotonic(), seconds, list(self.q), goal)

    def ended(self):
        return self.stopping.is_set() or self.sampled.is_set()

    def step(self):
        if self.motion is None:
            return
        start, seconds, begin, goal = self.motion
        s = min(1.0, (time.monotonic() - start) / seconds)
        shape, slope = 3 * s * s - 2 * s**3, 6 * s * (1 - s) / seconds
        self.q = [a + (b - a) * shape for a, b in zip(begin, goal)]
        self.v = [(b - a) * slope for a, b in zip(begin, goal)]
        if s >= 1.0:
            self.motion, self.v = None, [0.0] * len(JOINTS)

    def run(self):
        o = self.options
        config = zenoh.Config()
        config.insert_json5("mode", json.dumps(o.mode))
        config.insert_json5("connect/endpoints", json.dumps(o.connect))
        config.insert_json5("connect/timeout_ms", "15000")
        config.insert_json5("connect/retry", '{"period_init_ms": 200, "period_max_ms": 500}')
        config.insert_json5("listen/endpoints", "[]")
        config.insert_json5("scouting/multicast/enabled", "false")
        config.insert_json5("transport/shared_memory/enabled", "false")
        session = zenoh.open(config)
        node = Node(session, o.domain, o.namespace, o.node)
        log = open(o.log, "w") if o.log else None
        rooted = not o.namespace
        publishers = {}
        for topic in o.topics:
            ros_type, name = {
                "joint_states": ("sensor_msgs/msg/JointState", "joint_states"),
                "imu": ("sensor_msgs/msg/Imu", "imu/data"),
                "scan": ("sensor_msgs/msg/LaserScan", "scan"),
                "image": ("sensor_msgs/msg/Image", "camera/image_raw"),
                "tf": ("tf2_msgs/msg/TFMessage", "/tf"),
            }[topic]
            publishers[topic] = Publisher(node, name, ros_type, attach=not o.no_attachment)
        if o.latched:
            latched_qos = ":1:,1:,:,:,,"
            description = Publisher(node, "robot_description", "std_msgs/msg/String", latched_qos, latched=True)
            static = Publisher(node, "/tf_static", "tf2_msgs/msg/TFMessage", latched_qos, latched=True)
            description.put(T["std_msgs/msg/String"](data=urdf(o.namespace or "root")), log)
            static.put(transforms(True), log)
            self.sent[description.topic], self.sent[static.topic] = 1, 1
        for topic, ros_type in o.listen_to:
            name, key, _ = node.endpoint("MS", topic, ros_type, "::,1:,:,:,,")
            node.entities.append(session.declare_subscriber(
                key, lambda s, t=ros_type, n=name: self.on_command(s, t, n)))
        self.say(event="ready", zid=str(session.zid()), gids={p.topic: p.gid.hex() for p in publishers.values()})

        makers = {"joint_states": lambda: joint_state(self.q, self.v), "imu": lambda: imu(self.rng),
                  "scan": lambda: scan(self.rng), "image": lambda: image(self.rng), "tf": lambda: transforms(False)}
        begin, tick = time.monotonic() + o.delay, 0
        while not self.ended() and (o.seconds <= 0 or tick < o.seconds * o.rate):
            wait = begin + tick / o.rate - time.monotonic()
            if wait > 0:
                self.stopping.wait(wait)
            self.step()
            if not self.silent.is_set():
                for topic, publisher in publishers.items():
                    publisher.put(makers[topic](), log)
                    self.sent[publisher.topic] = publisher.sequence
            tick += 1
        if log:
            log.close()
        self.say(event="sampled", sent=self.sent, joints=dict(zip(JOINTS, self.q)))
        if o.linger > 0:
            self.stopping.wait(o.linger)
        self.say(event="done", sent=self.sent, joints=dict(zip(JOINTS, self.q)))
        session.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connect", action="append", required=True, help="Zenoh endpoint")
    parser.add_argument("--mode", choices=["client", "peer"], default="client")
    parser.add_argument("--namespace", default="eve", help="empty: the root namespace")
    parser.add_argument("--node", default="driver")
    parser.add_argument("--domain", type=int, default=0)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=20, help="0: until told to end")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds between ready and the first sample")
    parser.add_argument("--linger", type=float, default=0.0, help="seconds to stay connected after the last sample")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--topics", nargs="*", default=["joint_states", "imu", "scan"])
    parser.add_argument("--latched", action="store_true", help="robot_description and /tf_static")
    parser.add_argument("--no-attachment", action="store_true")
    parser.add_argument("--behaviour", choices=["follow", "still", "silent"], default="follow")
    parser.add_argument("--log", help="file for what was put")
    parser.add_argument("--listen-to", nargs=2, action="append", metavar=("TOPIC", "TYPE"),
                        default=None, help="command topics; default joint_trajectory")
    options = parser.parse_args()
    if options.listen_to is None:
        options.listen_to = [("joint_trajectory", "trajectory_msgs/msg/JointTrajectory")]
    robot = Robot(options)
    signal.signal(signal.SIGTERM, lambda *_: robot.stopping.set())

    def end_with_stdin():
        while os.read(0, 4096):
            robot.sampled.set()
        robot.stopping.set()

    if not os.environ.get("EVE_IGNORE_STDIN"):
        threading.Thread(target=end_with_stdin, daemon=True).start()
    threading.Thread(target=lambda: (robot.stopping.wait(), time.sleep(8), os._exit(1)), daemon=True).start()
    try:
        robot.run()
    except BrokenPipeError:
        pass  # nobody listens any more: the end
    os._exit(0)


if __name__ == "__main__":
    main()
