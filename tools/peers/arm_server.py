"""A foreign robot with a FollowJointTrajectory action server, for the tests: real Zenoh core, CDR by rosbags, nothing of Tandem.

joint_states, odom and a small URDF; goals are interpolated (cubic through the points), fed back, cancelled and refused as the
joint_trajectory_controller of ros2_control does; cmd_vel (TwistStamped or Twist) moves odometry, until 500 ms after the last one.
One JSON object per line:
  {"event":"ready"}
  {"event":"goal","id","names","positions","seconds","stamp","accepted","why"}
  {"event":"cancel","id","all","code","goals"}          a call of cancel_goal, answered
  {"event":"ended","id","status","error","q"}           4 succeeded, 5 canceled, 6 aborted
  {"event":"velocity","vx","vy","wz","type","stamp","at"}    stamp: of the header, 0 where it has none; at: now; both s, this clock
  {"event":"positions","data"}
  {"event":"watchdog"}                                  cmd_vel stopped coming while it moved
With --navigate (nav_server.py) also NavigateToPose, and:
  {"event":"navigate","id","frame","x","y","yaw","accepted","why"}
  {"event":"navigate-cancel","id","all","code","goals"}
  {"event":"navigated","id","status","error","x","y","yaw","speed"}
A line on stdin is an order: "abort" ends the running goal as aborted, "abort navigation" that of the base, "abandon" never answers a
goal again; the end of stdin ends it.
"""
import argparse
import json
import math
import os
import signal
import sys
import threading
import time

import numpy as np
import zenoh

import nav_server
from eve import STORE, T, Node, Publisher, header
from ros2_calls import Server, Types

ACTION = "control_msgs/action/FollowJointTrajectory"
JOINTS = ["shoulder_pan", "shoulder_lift", "elbow", "wrist"]
SUCCEEDED, CANCELED, ABORTED = 4, 5, 6
WATCHDOG_SECONDS = 0.5


def definitions():
    types = Types()
    types.define("control_msgs/msg/JointTolerance",
                 "string name\nfloat64 position\nfloat64 velocity\nfloat64 acceleration\nfloat64 effort")
    types.define("control_msgs/msg/JointComponentTolerance",
                 "string joint_name\nuint16 component\nfloat64 position\nfloat64 velocity\nfloat64 acceleration")
    point, multi = "trajectory_msgs/JointTrajectoryPoint", "trajectory_msgs/MultiDOFJointTrajectoryPoint"
    types.action(
        ACTION,
        "trajectory_msgs/JointTrajectory trajectory\ntrajectory_msgs/MultiDOFJointTrajectory multi_dof_trajectory\n"
        "control_msgs/JointTolerance[] path_tolerance\ncontrol_msgs/JointComponentTolerance[] component_path_tolerance\n"
        "control_msgs/JointTolerance[] goal_tolerance\ncontrol_msgs/JointComponentTolerance[] component_goal_tolerance\n"
        "builtin_interfaces/Duration goal_time_tolerance",
        "int32 error_code\nstring error_string",
        f"std_msgs/Header header\nstring[] joint_names\n{point} desired\n{point} actual\n{point} error\nint32 index\n"
        f"string[] multi_dof_joint_names\n{multi} multi_dof_desired\n{multi} multi_dof_actual\n{multi} multi_dof_error\n"
        "int32 multi_dof_index")
    types.service("action_msgs/srv/CancelGoal", "action_msgs/GoalInfo goal_info",
                  "int8 return_code\naction_msgs/GoalInfo[] goals_canceling")
    return types


def urdf(name):
    parents, children = ["base_link", "l1", "l2", "l3"], ["l1", "l2", "l3", "l_gripper"]
    axes = ["0 0 1", "0 1 0", "0 1 0", "0 1 0"]
    links = "".join(f'<link name="{link}"/>' for link in ["base_link", *children])
    joints = "".join(
        f'<joint name="{j}" type="revolute"><parent link="{p}"/><child link="{c}"/><origin xyz="0.25 0 0"/>'
        f'<axis xyz="{a}"/><limit lower="-2.5" upper="2.5" velocity="2.0" effort="20"/></joint>'
        for j, p, c, a in zip(JOINTS, parents, children, axes))
    return f'<?xml version="1.0"?><robot name="{name}">{links}{joints}</robot>'


def seconds(duration):
    return duration.sec + duration.nanosec / 1e9


def cubic(before, after, s, span):
    """Position and velocity between two (q, v) at s in 0..1."""
    (q0, v0), (q1, v1) = before, after
    m0, m1 = v0 * span, v1 * span
    q = (2 * s**3 - 3 * s**2 + 1) * q0 + (s**3 - 2 * s**2 + s) * m0 + (3 * s**2 - 2 * s**3) * q1 + (s**3 - s**2) * m1
    v = (6 * s**2 - 6 * s) * q0 + (3 * s**2 - 4 * s + 1) * m0 + (6 * s - 6 * s**2) * q1 + (3 * s**2 - 2 * s) * m1
    return q, v / span


class Running:
    def __init__(self, goal_id, trajectory, q):
        self.id, self.status, self.began = goal_id, 1, time.monotonic()
        self.accepted = time.time_ns()
        self.columns = [JOINTS.index(name) for name in trajectory.joint_names]
        self.knots = [(0.0, list(q), [0.0] * len(q))]
        for point in trajectory.points:
            at, row, speed = seconds(point.time_from_start), list(self.knots[-1][1]), [0.0] * len(q)
            for column, position in zip(self.columns, point.positions):
                row[column] = float(position)
            for column, velocity in zip(self.columns, point.velocities):
                speed[column] = float(velocity)
            if at <= 0.0:
                continue  # where it is already
            self.knots.append((at, row, speed))

    def at(self, t):
        for (t0, q0, v0), (t1, q1, v1) in zip(self.knots, self.knots[1:]):
            if t < t1:
                both = [cubic((a, b), (c, d), (t - t0) / (t1 - t0), t1 - t0) for a, b, c, d in zip(q0, v0, q1, v1)]
                return [q for q, _ in both], [v for _, v in both]
        return list(self.knots[-1][1]), [0.0] * len(self.knots[-1][1])

    def over(self, t):
        return t >= self.knots[-1][0]


class Arm:
    def __init__(self, options):
        self.options = options
        self.types = definitions()
        self.lock = threading.RLock()
        self.q, self.v = [0.1 * (i + 1) for i in range(len(JOINTS))], [0.0] * len(JOINTS)
        self.goal, self.ended, self.waiting = None, {}, {}
        self.twist, self.twist_at, self.pose = (0.0, 0.0, 0.0), None, [0.0, 0.0, 0.0]
        self.moving, self.navigation = (0.0, 0.0, 0.0), None
        if options.navigate:
            nav_server.define(self.types)
            self.navigation = nav_server.Navigation(
                self.types, self.lock, self.say, self.pose, options.navigate_reject, options.navigate_uncancellable,
                options.navigate_watchdog)
        self.stopping, self.abandoned, self.unanswered = threading.Event(), False, []

    def say(self, **line):
        with self.lock:
            print(json.dumps(line), flush=True)

    # ---- the action
    def verdict(self, goal):
        trajectory = goal.trajectory
        if self.options.reject:
            return self.options.reject
        if not trajectory.points or not trajectory.joint_names:
            return "empty trajectory received"
        unknown = [name for name in trajectory.joint_names if name not in JOINTS]
        if unknown:
            return f"unknown joints {unknown}"
        if self.options.partial == "refuse" and set(trajectory.joint_names) != set(JOINTS):
            return "joints on incoming trajectory don't match the controller joints"
        stamp = trajectory.header.stamp.sec + trajectory.header.stamp.nanosec / 1e9
        if stamp and stamp + seconds(trajectory.points[-1].time_from_start) < time.time():
            return "trajectory with non-zero start time that ends in the past"
        return None

    def send_goal(self, asked):
        if self.abandoned:
            self.unanswered.append(asked)  # a query that is dropped would tell the caller that nobody is there
            return None
        request = asked.request
        goal_id = bytes(request.goal_id.uuid)
        why = self.verdict(request.goal)
        trajectory = request.goal.trajectory
        stamp = self.now()
        if why is None:
            with self.lock:
                self.end(CANCELED, "Current goal cancelled due to new incoming action.")
                self.goal = Running(goal_id, trajectory, self.q)
                self.goal.status = 2
        self.say(event="goal", id=goal_id.hex(), names=list(trajectory.joint_names),
                 positions=[p.positions.tolist() for p in trajectory.points],
                 seconds=[seconds(p.time_from_start) for p in trajectory.points],
                 stamp=trajectory.header.stamp.sec + trajectory.header.stamp.nanosec / 1e9, accepted=why is None, why=why)
        self.publish_status()
        return self.types.make(ACTION + "_SendGoal_Response")(accepted=why is None, stamp=stamp)

    def now(self):
        now = time.time_ns()
        return T["builtin_interfaces/msg/Time"](sec=now // 10**9, nanosec=now % 10**9)

    def get_result(self, asked):
        goal_id = bytes(asked.request.goal_id.uuid)
        with self.lock:
            if self.goal is not None and self.goal.id == goal_id:
                self.waiting.setdefault(goal_id, []).append(asked)
                return None
            status, error = self.ended.get(goal_id, (0, ""))
        return self.result(status, error)

    def result(self, status, error):
        result = self.types.make(ACTION + "_Result")(error_code=0 if status == SUCCEEDED else -5, error_string=error)
        return self.types.make(ACTION + "_GetResult_Response")(status=status, result=result)

    def cancel_goal(self, asked):
        info = asked.request.goal_info
        goal_id = bytes(info.goal_id.uuid)
        stamp = info.stamp.sec * 10**9 + info.stamp.nanosec
        every = goal_id == bytes(16) and stamp == 0
        taken, code = [], 0
        with self.lock:
            if self.goal is not None and (every or self.goal.id == goal_id or stamp and self.goal.accepted <= stamp):
                if self.options.uncancellable:
                    code = 1
                else:
                    taken.append(self.goal.id)
                    self.goal.status = 3
            elif goal_id in self.ended:
                code = 3
            elif not every:
                code = 2
        infos = [T["action_msgs/msg/GoalInfo"](
            goal_id=T["unique_identifier_msgs/msg/UUID"](uuid=np.frombuffer(one, dtype=np.uint8)), stamp=self.now()) for one in taken]
        self.say(event="cancel", id=goal_id.hex(), all=every, code=code, goals=[one.hex() for one in taken])
        self.publish_status()
        return self.types.make("action_msgs/srv/CancelGoal_Response")(return_code=code, goals_canceling=infos)

    def end(self, status, error=""):
        """With the lock held."""
        goal, self.goal = self.goal, None
        if goal is None:
            return
        self.v = [0.0] * len(JOINTS)
        self.ended[goal.id] = (status, error)
        self.say(event="ended", id=goal.id.hex(), status=status, error=error, q=self.q)
        for asked in self.waiting.pop(goal.id, []):
            asked.respond(self.result(status, error))
        self.publish_status()

    def publish_status(self):
        with self.lock:
            now = [(self.goal.id, self.goal.status)] if self.goal else []
            now += [(one, status) for one, (status, _) in list(self.ended.items())[-5:]]
        info = T["action_msgs/msg/GoalInfo"]
        uuid = T["unique_identifier_msgs/msg/UUID"]
        self.status.put(T["action_msgs/msg/GoalStatusArray"](status_list=[
            T["action_msgs/msg/GoalStatus"](
                goal_info=info(goal_id=uuid(uuid=np.frombuffer(one, dtype=np.uint8)), stamp=self.now()), status=status)
            for one, status in now]))

    def feedback(self, goal):
        point = T["trajectory_msgs/msg/JointTrajectoryPoint"]
        multi = T["trajectory_msgs/msg/MultiDOFJointTrajectoryPoint"]
        span = T["builtin_interfaces/msg/Duration"](sec=0, nanosec=0)
        none = np.zeros(0)
        here = point(positions=np.array(self.q), velocities=np.array(self.v), accelerations=none, effort=none, time_from_start=span)
        empty = multi(transforms=[], velocities=[], accelerations=[], time_from_start=span)
        feedback = self.types.make(ACTION + "_Feedback")(
            header=header(""), joint_names=JOINTS, desired=here, actual=here, error=here, index=0, multi_dof_joint_names=[],
            multi_dof_desired=empty, multi_dof_actual=empty, multi_dof_error=empty, multi_dof_index=0)
        message = self.types.make(ACTION + "_FeedbackMessage")(
            goal_id=T["unique_identifier_msgs/msg/UUID"](uuid=np.frombuffer(goal.id, dtype=np.uint8)), feedback=feedback)
        self.feedbacks.raw(self.types.encode(message, ACTION + "_FeedbackMessage"))

    # ---- topics in
    def on_velocity(self, sample, ros_type):
        message = STORE.deserialize_cdr(bytes(sample.payload.to_bytes()), ros_type)
        twist = message.twist if ros_type.endswith("Stamped") else message
        with self.lock:
            self.twist, self.twist_at = (twist.linear.x, twist.linear.y, twist.angular.z), time.monotonic()
        if self.navigation:
            self.navigation.driven(*self.twist)
        stamp = message.header.stamp if ros_type.endswith("Stamped") else None
        self.say(event="velocity", vx=twist.linear.x, vy=twist.linear.y, wz=twist.angular.z, type=ros_type,
                 stamp=stamp.sec + stamp.nanosec / 1e9 if stamp else 0.0, at=time.time())

    def on_positions(self, sample):
        data = STORE.deserialize_cdr(bytes(sample.payload.to_bytes()), "std_msgs/msg/Float64MultiArray").data.tolist()
        self.say(event="positions", data=data)
        with self.lock:
            if len(data) == len(JOINTS):
                self.q = [float(x) for x in reversed(data)]

    # ---- the body
    def step(self, dt):
        with self.lock:
            if self.goal is not None:
                if self.goal.status == 3:
                    self.end(CANCELED)
                else:
                    t = time.monotonic() - self.goal.began
                    self.q, self.v = self.goal.at(t)
                    if self.goal.over(t):
                        self.end(SUCCEEDED)
            if self.twist_at is not None and time.monotonic() - self.twist_at > WATCHDOG_SECONDS:
                if any(self.twist):
                    self.say(event="watchdog")
                self.twist, self.twist_at = (0.0, 0.0, 0.0), None
            cos, sin = math.cos(self.pose[2]), math.sin(self.pose[2])
            led = self.navigation.step(dt) if self.navigation else None
            if led is None:
                vx, vy, wz = self.twist
                led = (vx * cos - vy * sin, vx * sin + vy * cos, wz)
            self.moving = (led[0] * cos + led[1] * sin, led[1] * cos - led[0] * sin, led[2])
            for i in range(3):
                self.pose[i] += led[i] * dt

    def odometry(self):
        vector, point, quaternion = (T[f"geometry_msgs/msg/{n}"] for n in ("Vector3", "Point", "Quaternion"))
        x, y, yaw = self.pose
        pose = T["geometry_msgs/msg/Pose"](
            position=point(x=x, y=y, z=0.0), orientation=quaternion(x=0.0, y=0.0, z=math.sin(yaw / 2), w=math.cos(yaw / 2)))
        twist = T["geometry_msgs/msg/Twist"](
            linear=vector(x=self.moving[0], y=self.moving[1], z=0.0), angular=vector(x=0.0, y=0.0, z=self.moving[2]))
        return T["nav_msgs/msg/Odometry"](
            header=header("odom"), child_frame_id="base_link",
            pose=T["geometry_msgs/msg/PoseWithCovariance"](pose=pose, covariance=np.zeros(36)),
            twist=T["geometry_msgs/msg/TwistWithCovariance"](twist=twist, covariance=np.zeros(36)))

    def run(self):
        o = self.options
        config = zenoh.Config()
        config.insert_json5("mode", json.dumps(o.mode))
        config.insert_json5("connect/endpoints", json.dumps(o.connect))
        config.insert_json5("connect/timeout_ms", "15000")
        config.insert_json5("listen/endpoints", "[]")
        config.insert_json5("scouting/multicast/enabled", "false")
        session = zenoh.open(config)
        node = Node(session, 0, o.namespace, "controller_manager")
        joint_states = Publisher(node, "joint_states", "sensor_msgs/msg/JointState")
        odom = Publisher(node, "odom", "nav_msgs/msg/Odometry")
        latched = ":1:,1:,:,:,,"
        description = Publisher(node, "robot_description", "std_msgs/msg/String", latched, latched=True)
        description.put(T["std_msgs/msg/String"](data=urdf(o.namespace)))
        for action in o.action:
            prefix = action + "/_action/"
            self.feedbacks = Publisher(node, prefix + "feedback", ACTION + "_FeedbackMessage",
                                       type_hash=self.types.hash(ACTION + "_FeedbackMessage"))
            self.status = Publisher(node, prefix + "status", "action_msgs/msg/GoalStatusArray", latched, latched=True)
            Server(node, prefix + "get_result", ACTION + "_GetResult", self.types, self.get_result)
            Server(node, prefix + "cancel_goal", "action_msgs/srv/CancelGoal", self.types, self.cancel_goal)
            Server(node, prefix + "send_goal", ACTION + "_SendGoal", self.types, self.send_goal)
        if self.navigation:
            self.navigation.serve(node, o.navigate)
        if o.cmd_vel != "none":
            ros_type = "geometry_msgs/msg/TwistStamped" if o.cmd_vel == "stamped" else "geometry_msgs/msg/Twist"
            _, key, _ = node.endpoint("MS", "cmd_vel", ros_type, "::,1:,:,:,,")
            node.entities.append(session.declare_subscriber(key, lambda s: self.on_velocity(s, ros_type)))
        if o.positions:
            _, key, _ = node.endpoint("MS", o.positions, "std_msgs/msg/Float64MultiArray", "::,1:,:,:,,")
            node.entities.append(session.declare_subscriber(key, self.on_positions))
        self.say(event="ready", zid=str(session.zid()))
        period, ticks, begin = 1.0 / o.rate, 0, time.monotonic()
        while not self.stopping.is_set():
            ticks += 1
            self.step(period)
            joint_states.put(T["sensor_msgs/msg/JointState"](
                header=header(""), name=JOINTS, position=np.array(self.q), velocity=np.array(self.v), effort=np.zeros(len(JOINTS))))
            if ticks % max(1, round(o.rate / 50)) == 0:
                odom.put(self.odometry())
                goal = self.goal
                if goal is not None:
                    self.feedback(goal)
            time.sleep(max(0.0, begin + ticks * period - time.monotonic()))
        session.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--connect", action="append", required=True, help="Zenoh endpoint")
    parser.add_argument("--mode", choices=["client", "peer"], default="client")
    parser.add_argument("--namespace", default="eve")
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--action", action="append", default=None, help="name of the action; default arm_controller/...; may be repeated")
    parser.add_argument("--no-action", action="store_true")
    parser.add_argument("--partial", choices=["accept", "refuse"], default="refuse")
    parser.add_argument("--reject", default=None, metavar="WHY", help="reject every goal")
    parser.add_argument("--uncancellable", action="store_true")
    parser.add_argument("--cmd-vel", choices=["none", "twist", "stamped"], default="none")
    parser.add_argument("--positions", default=None, metavar="TOPIC", help="a position controller (Float64MultiArray), joints in reverse order")
    parser.add_argument("--navigate", nargs="?", const="navigate_to_pose", default=None, metavar="NAME", help="serve NavigateToPose")
    parser.add_argument("--navigate-reject", default=None, metavar="WHY", help="reject every goal of it")
    parser.add_argument("--navigate-uncancellable", action="store_true")
    parser.add_argument("--navigate-watchdog", type=float, default=None, metavar="SECONDS", help="end a goal so long after its clients are gone")
    options = parser.parse_args()
    if options.action is None:
        options.action = [] if options.no_action else ["arm_controller/follow_joint_trajectory"]
    arm = Arm(options)
    signal.signal(signal.SIGTERM, lambda *_: arm.stopping.set())

    def orders():
        for line in sys.stdin:
            if line.strip() == "abort":
                with arm.lock:
                    arm.end(ABORTED, "path tolerance violated by order of the test")
            elif line.strip() == "abort navigation" and arm.navigation:
                arm.navigation.end(ABORTED, "no path, by order of the test")
            elif line.strip() == "abandon":
                arm.abandoned = True
        arm.stopping.set()

    threading.Thread(target=orders, daemon=True).start()
    threading.Thread(target=lambda: (arm.stopping.wait(), time.sleep(8), os._exit(1)), daemon=True).start()
    try:
        arm.run()
    except BrokenPipeError:
        pass  # nobody listens any more: the end
    os._exit(0)


if __name__ == "__main__":
    main()
