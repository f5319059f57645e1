"""An independent ROS-side peer over Zenoh (zenoh-ros2-sdk on the real core) for the ros2 module's interop test.

Arguments: port of our router, text of the type std_msgs/msg/String, name to greet. Publishes "Hello NAME: i" on /sdk/chatter (node
/sdk/talker) until its standard input ends, and writes one JSON line per message that it hears on /tandem/chatter.
"""

import json
import sys
import threading

from zenoh_ros2_sdk import ROS2Publisher, ROS2Subscriber

STRING = "string data\n"


def main():
    port, name = int(sys.argv[1]), sys.argv[2]
    done = threading.Event()
    out = threading.Lock()

    def heard(message):
        with out:
            print(json.dumps({"heard": message.data}), flush=True)

    subscriber = ROS2Subscriber(topic="/tandem/chatter", msg_type="std_msgs/msg/String", msg_definition=STRING, callback=heard,
                                node_name="listener", namespace="/sdk", domain_id=0, router_port=port)
    publisher = ROS2Publisher(topic="/sdk/chatter", msg_type="std_msgs/msg/String", msg_definition=STRING, node_name="talker",
                              namespace="/sdk", domain_id=0, router_port=port)
    threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
    with out:
        print(json.dumps({"ready": True}), flush=True)
    number = 0
    while not done.wait(0.02):
        publisher.publish(data=f"Hello {name}: {number}")
        number += 1
    publisher.close()
    subscriber.close()


if __name__ == "__main__":
    main()
