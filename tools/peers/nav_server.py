"""NavigateToPose of a foreign base for the test peers (`arm_server.py --navigate`): real Zenoh core, CDR by rosbags.

One goal at a time, in odom or map (the same here) or no frame; a newer one ends the older, as bt_navigator does. A straight line
with a limited acceleration; cancelled it comes to rest first, and so it does, and aborts, when for `watchdog` seconds no client of
the action was in the graph. A velocity other than zero on cmd_vel ends it, zeros change nothing.
"""
import math
import time

import numpy as np
import zenoh

from eve import T, Publisher, header
from ros2_calls import Server

ACTION = "nav2_msgs/action/NavigateToPose"
EXECUTING, CANCELING, SUCCEEDED, CANCELED, ABORTED = 2, 3, 4, 5, 6
FRAMES = ("", "odom", "map")
MOST, TURN, ACCELERATION, GAIN = 0.4, 0.8, 0.6, 2.0
NEAR, SLOW, FEEDBACK_SECONDS = 0.02, 0.02, 0.2


def define(types):
    types.action(
        ACTION,
        "geometry_msgs/PoseStamped pose\nstring behavior_tree",
        "uint16 error_code\nstring error_msg",
        "geometry_msgs/PoseStamped current_pose\nbuiltin_interfaces/Duration navigation_time\n"
        "builtin_interfaces/Duration estimated_time_remaining\nint16 number_of_recoveries\nfloat32 distance_remaining\n"
        "float32 position_tracking_error\nfloat32 heading_tracking_error")


def stamp():
    now = time.time_ns()
    return T["builtin_interfaces/msg/Time"](sec=now // 10**9, nanosec=now % 10**9)


def info(goal_id):
    uuid = T["unique_identifier_msgs/msg/UUID"](uuid=np.frombuffer(goal_id, dtype=np.uint8))
    return T["action_msgs/msg/GoalInfo"](goal_id=uuid, stamp=stamp())


def towards(left, most):
    return min(most, math.sqrt(ACCELERATION * left), GAIN * left)


class Goal:
    def __init__(self, goal_id, x, y, yaw):
        self.id, self.x, self.y, self.yaw = goal_id, x, y, yaw
        self.status, self.accepted, self.began, self.told = EXECUTING, time.time_ns(), time.monotonic(), 0.0
        self.seen, self.alone = self.began, False


class Navigation:
    """`say` prints an event; `pose` is [x, y, yaw], which the caller moves by what step() returns; `lock`: the caller's, reentrant, which guards both."""

    def __init__(self, types, lock, say, pose, reject=None, uncancellable=False, watchdog=None):
        self.types, self.say, self.pose, self.reject, self.uncancellable = types, say, pose, reject, uncancellable
        self.lock, self.watchdog, self.clients = lock, watchdog, set()
        self.goal, self.ended, self.waiting = None, {}, {}
        self.speed = [0.0, 0.0, 0.0]  # over the ground in odom, and turning

    def serve(self, node, action):
        prefix, types = action + "/_action/", self.types
        if self.watchdog:
            service = node.full(prefix + "send_goal").replace("/", "%")
            tokens = f"@ros2_lv/{node.domain}/*/*/*/SC/*/*/*/{service}/**"
            node.entities.append(node.session.liveliness().declare_subscriber(tokens, self.client, history=True))
        self.feedbacks = Publisher(node, prefix + "feedback", ACTION + "_FeedbackMessage",
                                   type_hash=types.hash(ACTION + "_FeedbackMessage"))
        self.statuses = Publisher(node, prefix + "status", "action_msgs/msg/GoalStatusArray", ":1:,1:,:,:,,", latched=True)
        Server(node, prefix + "get_result", ACTION + "_GetResult", types, self.get_result)
        Server(node, prefix + "cancel_goal", "action_msgs/srv/CancelGoal", types, self.cancel_goal)
        Server(node, prefix + "send_goal", ACTION + "_SendGoal", types, self.send_goal)

    def verdict(self, frame, x, y, o):
        if self.reject:
            return self.reject
        if frame not in FRAMES:
            return f"no transform from {frame}"
        norm = math.sqrt(o.x**2 + o.y**2 + o.z**2 + o.w**2)
        return None if math.isfinite(x + y + norm) and norm > 1e-3 else "no finite pose"

    def send_goal(self, asked):
        goal_id, pose = bytes(asked.request.goal_id.uuid), asked.request.goal.pose
        x, y, o, frame = pose.pose.position.x, pose.pose.position.y, pose.pose.orientation, pose.header.frame_id
        why = self.verdict(frame, x, y, o)
        yaw = math.atan2(2 * (o.w * o.z + o.x * o.y), 1 - 2 * (o.y**2 + o.z**2)) if why is None else None
        with self.lock:
            self.say(event="navigate", id=goal_id.hex(), frame=frame, x=x, y=y, yaw=yaw, accepted=why is None, why=why)
            if why is None:
                self.end(ABORTED, "preempted by a newer goal")
                self.goal = Goal(goal_id, x, y, yaw)
            self.publish_status()
        return self.types.make(ACTION + "_SendGoal_Response")(accepted=why is None, stamp=stamp())

    def get_result(self, asked):
        goal_id = bytes(asked.request.goal_id.uuid)
        with self.lock:
            if self.goal is not None and self.goal.id == goal_id:
                self.waiting.setdefault(goal_id, []).append(asked)
                return None
            return self.result(*self.ended.get(goal_id, (0, "")))

    def result(self, status, error):
        result = self.types.make(ACTION + "_Result")(error_code=100 if error else 0, error_msg=error)
        return self.types.make(ACTION + "_GetResult_Response")(status=status, result=result)

    def cancel_goal(self, asked):
        given = asked.request.goal_info
        goal_id, until = bytes(given.goal_id.uuid), given.stamp.sec * 10**9 + given.stamp.nanosec
        every, taken, code = goal_id == bytes(16) and until == 0, [], 0
        with self.lock:
            if self.goal is not None and (every or self.goal.id == goal_id or until and self.goal.accepted <= until):
                if self.uncancellable:
                    code = 1
                else:
                    self.goal.status = CANCELING
                    taken.append(self.goal.id)
            elif goal_id in self.ended:
                code = 3
            elif not every:
                code = 2
            self.say(event="navigate-cancel", id=goal_id.hex(), all=every, code=code, goals=[one.hex() for one in taken])
            self.publish_status()
        return self.types.make("action_msgs/srv/CancelGoal_Response")(return_code=code, goals_canceling=[info(one) for one in taken])

    def end(self, status, error=""):
        with self.lock:
            goal, self.goal = self.goal, None
            if goal is None:
                return
            self.ended[goal.id] = (status, error)
            x, y, yaw = self.pose
            self.say(event="navigated", id=goal.id.hex(), status=status, error=error, x=x, y=y, yaw=yaw,
                     speed=math.hypot(*self.speed[:2]))
            for asked in self.waiting.pop(goal.id, []):
                asked.respond(self.result(status, error))
            self.publish_status()

    def publish_status(self):
        now = [(self.goal.id, self.goal.status)] if self.goal else []
        now += [(one, status) for one, (status, _) in list(self.ended.items())[-5:]]
        status = T["action_msgs/msg/GoalStatus"]
        self.statuses.put(T["action_msgs/msg/GoalStatusArray"](
            status_list=[status(goal_info=info(one), status=code) for one, code in now]))

    def client(self, sample):
        with self.lock:
            if sample.kind == zenoh.SampleKind.PUT:
                self.clients.add(str(sample.key_expr))
            else:
                self.clients.discard(str(sample.key_expr))

    def watch(self, goal):
        now = time.monotonic()
        if self.clients:
            goal.seen = now
        if self.watchdog and goal.status == EXECUTING and now - goal.seen > self.watchdog:
            goal.alone = True

    def driven(self, vx, vy, wz):
        if vx or vy or wz:
            self.end(ABORTED, "a velocity took the base over")

    def step(self, dt):
        """Velocity over the ground in odom and turning rate; None: nothing is navigated."""
        with self.lock:
            goal = self.goal
            if goal is None:
                self.speed = [0.0, 0.0, 0.0]  # whatever ends it at speed takes the base over
                return None
            x, y, yaw = self.pose
            dx, dy, turn = goal.x - x, goal.y - y, math.remainder(goal.yaw - yaw, 2 * math.pi)
            left = math.hypot(dx, dy)
            wanted = [0.0, 0.0, 0.0]
            self.watch(goal)
            if goal.status == EXECUTING and not goal.alone:
                scale = towards(left, MOST) / left if left else 0.0
                wanted = [scale * dx, scale * dy, math.copysign(towards(abs(turn), TURN), turn)]
            for i, (speed, want) in enumerate(zip(self.speed, wanted)):
                most = ACCELERATION * (2 if i == 2 else 1) * dt
                self.speed[i] = speed + max(-most, min(most, want - speed))
            slow = max(map(abs, self.speed)) < SLOW
            if goal.alone and slow:
                self.end(ABORTED, "its client is gone")
            elif goal.status == CANCELING and slow:
                self.end(CANCELED)
            elif goal.status == EXECUTING and slow and left < NEAR and abs(turn) < NEAR:
                self.end(SUCCEEDED)
            elif time.monotonic() - goal.told > FEEDBACK_SECONDS:
                goal.told = time.monotonic()
                self.feedback(goal, left, turn)
            return tuple(self.speed)

    def feedback(self, goal, left, turn):
        span = T["builtin_interfaces/msg/Duration"]
        went, rest = time.monotonic() - goal.began, max(left / MOST, abs(turn) / TURN)
        x, y, yaw = self.pose
        pose = T["geometry_msgs/msg/Pose"](
            position=T["geometry_msgs/msg/Point"](x=x, y=y, z=0.0),
            orientation=T["geometry_msgs/msg/Quaternion"](x=0.0, y=0.0, z=math.sin(yaw / 2), w=math.cos(yaw / 2)))
        feedback = self.types.make(ACTION + "_Feedback")(
            current_pose=T["geometry_msgs/msg/PoseStamped"](header=header("odom"), pose=pose),
            navigation_time=span(sec=int(went), nanosec=int(went % 1 * 1e9)),
            estimated_time_remaining=span(sec=int(rest), nanosec=int(rest % 1 * 1e9)),
            number_of_recoveries=0, distance_remaining=left, position_tracking_error=0.0, heading_tracking_error=0.0)
        message = self.types.make(ACTION + "_FeedbackMessage")(goal_id=info(goal.id).goal_id, feedback=feedback)
        self.feedbacks.raw(self.types.encode(message, ACTION + "_FeedbackMessage"))
