"""zenoh-ext's own advanced publisher and subscriber (real core) for the ros2 module's interop test.

Arguments: "pub", "pub-timestamps" or "sub", endpoint of our router, data key, number of samples.
pub: puts the samples before anybody listens, says {"ready": true}, and stays until its standard input ends. Its samples are
numbered; with pub-timestamps they have no number, only a timestamp, and it puts one more when a line comes in.
sub: asks for history, writes {"payload", "attachment"} (hex) per sample, ends after that many.
"""

import json
import queue
import sys

import zenoh
from zenoh import ext


def session(endpoint, timestamps=False):
    config = zenoh.Config()
    config.insert_json5("mode", '"client"')
    config.insert_json5("connect/endpoints", json.dumps([endpoint]))
    config.insert_json5("scouting/multicast/enabled", "false")
    config.insert_json5("timestamping/enabled", "true" if timestamps else "false")
    return zenoh.open(config)


def publish(endpoint, key, count, timestamps=False):
    with session(endpoint, timestamps) as opened:
        publisher = ext.declare_advanced_publisher(
            opened, key, cache=ext.CacheConfig(max_samples=count), publisher_detection=True,
            sample_miss_detection=None if timestamps else ext.MissDetectionConfig())

        def put(i):
            attachment = (i + 1).to_bytes(8, "little") + (1000 + i).to_bytes(8, "little") + bytes([16]) + bytes(range(16))
            data = f"latched {i}".encode() + b"\0"
            publisher.put(b"\0\1\0\0" + len(data).to_bytes(4, "little") + data, attachment=attachment)

        for i in range(count):
            put(i)
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            put(count)
        publisher.undeclare()


def subscribe(endpoint, key, count):
    samples = queue.Queue()
    with session(endpoint) as opened:
        subscriber = ext.declare_advanced_subscriber(
            opened, key, samples.put, history=ext.HistoryConfig(detect_late_publishers=True, max_samples=count))
        print(json.dumps({"ready": True}), flush=True)
        for _ in range(count):
            sample = samples.get(timeout=30)
            print(json.dumps({"payload": bytes(sample.payload).hex(), "attachment": bytes(sample.attachment).hex()}), flush=True)
        subscriber.undeclare()


if __name__ == "__main__":
    modes = {"pub": publish, "pub-timestamps": lambda *given: publish(*given, timestamps=True), "sub": subscribe}
    modes[sys.argv[1]](sys.argv[2], sys.argv[3], int(sys.argv[4]))
