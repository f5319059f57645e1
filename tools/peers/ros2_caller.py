"""Calls services and an action of the Java side from the real Zenoh core: SetBool (twice) and Fibonacci, one JSON line each.

  ros2_caller.py ENDPOINT [serve]       {"ready"} then per answer {"service"|"accepted"|"cancel"|"result"|"feedback": ...}
With `serve` it calls nobody. Also serves std_srvs/srv/SetBool as /foreign/switch, answering with what it was given, until its input ends.
"""
import json
import sys
import threading

import numpy as np
import zenoh

from eve import Node, T
from ros2_calls import Client, Server, Types

FIBONACCI = "example_interfaces/action/Fibonacci"


def main():
    types = Types()
    types.service("std_srvs/srv/SetBool", "bool data", "bool success\nstring message")
    types.service("action_msgs/srv/CancelGoal", "action_msgs/GoalInfo goal_info",
                  "int8 return_code\naction_msgs/GoalInfo[] goals_canceling")
    types.action(FIBONACCI, "int32 order", "int32[] sequence", "int32[] sequence")
    config = zenoh.Config()
    config.insert_json5("mode", '"client"')
    config.insert_json5("connect/endpoints", json.dumps([sys.argv[1]]))
    config.insert_json5("scouting/multicast/enabled", "false")
    session = zenoh.open(config)
    node = Node(session, 0, "foreign", "caller")
    lock = threading.Lock()

    def say(**line):
        with lock:
            print(json.dumps(line), flush=True)

    switch = types.make("std_srvs/srv/SetBool_Response")
    Server(node, "switch", "std_srvs/srv/SetBool", types,
           lambda asked: switch(success=asked.request.data, message=f"call {asked.sequence}"))
    say(ready=True)
    if len(sys.argv) > 2 and sys.argv[2] == "serve":
        sys.stdin.read()
        session.close()
        return

    request = types.make("std_srvs/srv/SetBool_Request")
    client = Client(node, "/java/switch", "std_srvs/srv/SetBool", types)
    for data in (True, False):
        answer = client.call(request(data=data))
        say(service={"success": answer.success, "message": answer.message})
    refused = types.make("std_srvs/srv/SetBool_Request")
    broken = Client(node, "/java/broken", "std_srvs/srv/SetBool", types)
    say(refused=broken.call(refused(data=True)))

    goal_id = T["unique_identifier_msgs/msg/UUID"]

    def on_feedback(sample):
        message = types.decode(bytes(sample.payload.to_bytes()), FIBONACCI + "_FeedbackMessage")
        say(feedback={"id": bytes(message.goal_id.uuid).hex(), "sequence": message.feedback.sequence.tolist()})

    _, key, _ = node.endpoint("MS", "/java/fibonacci/_action/feedback", FIBONACCI + "_FeedbackMessage", "::,10:,:,:,,",
                              types.hash(FIBONACCI + "_FeedbackMessage"))
    node.entities.append(session.declare_subscriber(key, on_feedback))
    send = Client(node, "/java/fibonacci/_action/send_goal", FIBONACCI + "_SendGoal", types)
    cancel = Client(node, "/java/fibonacci/_action/cancel_goal", "action_msgs/srv/CancelGoal", types)
    result = Client(node, "/java/fibonacci/_action/get_result", FIBONACCI + "_GetResult", types)

    def one(number, order):
        uuid = goal_id(uuid=np.full(16, number, dtype=np.uint8))
        answer = send.call(types.make(FIBONACCI + "_SendGoal_Request")(
            goal_id=uuid, goal=types.make(FIBONACCI + "_Goal")(order=order)))
        say(accepted=answer.accepted, order=order)
        return uuid, answer.accepted

    def outcome(uuid):
        answer = result.call(types.make(FIBONACCI + "_GetResult_Request")(goal_id=uuid), timeout=20.0)
        say(result={"status": answer.status, "sequence": answer.result.sequence.tolist()})

    uuid, _ = one(1, 8)
    outcome(uuid)
    one(2, -1)
    uuid, _ = one(3, 1000)
    stamp = T["builtin_interfaces/msg/Time"](sec=0, nanosec=0)
    answer = cancel.call(types.make("action_msgs/srv/CancelGoal_Request")(
        goal_info=T["action_msgs/msg/GoalInfo"](goal_id=uuid, stamp=stamp)))
    say(cancel={"code": answer.return_code, "goals": [bytes(g.goal_id.uuid).hex() for g in answer.goals_canceling]})
    outcome(uuid)
    outcome(goal_id(uuid=np.full(16, 99, dtype=np.uint8)))
    sys.stdin.read()
    session.close()


if __name__ == "__main__":
    main()
