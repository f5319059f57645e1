"""Roles of the Zenoh benchmarks on the real core: router, pub, sub, ping, pong. One JSON object per result.

A run of `sub` ends when the payload size changes or nothing came for 300 ms; its rate leaves out the first 200 ms.
The interpreter's own cost is in the figures of small payloads: compare like with like.
"""
import argparse
import json
import os
import threading
import time

import zenoh

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("role", choices=["router", "pub", "sub", "ping", "pong"])
parser.add_argument("--connect", default="")
parser.add_argument("--listen", default="")
parser.add_argument("--sizes", default="64", help="bytes, comma-separated")
parser.add_argument("--seconds", type=float, default=1.0)
options = parser.parse_args()
sizes = [int(size) for size in options.sizes.split(",")]
config = zenoh.Config()
config.insert_json5("mode", '"router"' if options.role == "router" else '"client"')
config.insert_json5("listen/endpoints", json.dumps([options.listen] if options.listen else []))
config.insert_json5("connect/endpoints", json.dumps([options.connect] if options.connect else []))
config.insert_json5("scouting/multicast/enabled", "false")
config.insert_json5("transport/shared_memory/enabled", "false")
session = zenoh.open(config)
block = dict(congestion_control=zenoh.CongestionControl.BLOCK, priority=zenoh.Priority.DATA)


def say(**line):
    print(json.dumps(line), flush=True)


def until_told():
    while os.read(0, 4096):
        pass


class Runs:
    def __init__(self):
        self.lock, self.size, self.count, self.counted = threading.Lock(), None, 0, 0
        self.begin = self.since = self.last = self.cpu = 0.0

    def take(self, sample):
        now, size = time.perf_counter(), len(sample.payload)
        with self.lock:
            if size != self.size:
                self.close()
                self.size, self.count, self.counted, self.begin, self.since = size, 0, 0, now, 0.0
            self.count += 1
            self.last = now
            if self.since:
                self.counted += 1
            elif now - self.begin >= 0.2:
                self.since = now

    def close(self):
        if self.size is not None:
            seconds = self.last - self.since if self.since else 0.0
            say(event="received", size=self.size, received=self.count, counted=self.counted, seconds=seconds)
            self.size = None

    def close_if_idle(self):
        with self.lock:
            if self.size is not None and time.perf_counter() - self.last > 0.3:
                self.close()


if options.role == "router":
    say(event="ready")
    until_told()
elif options.role == "sub":
    runs = Runs()
    subscriber = session.declare_subscriber("bench/throughput", runs.take)
    say(event="ready")
    threading.Thread(target=lambda: (until_told(), os._exit(0)), daemon=True).start()
    while True:
        time.sleep(0.05)
        runs.close_if_idle()
elif options.role == "pub":
    publisher = session.declare_publisher("bench/throughput", **block)
    time.sleep(0.5)
    say(event="ready")
    for size in sizes:
        payload, count, begin = zenoh.ZBytes(b"\x5a" * size), 0, time.perf_counter()
        while time.perf_counter() - begin < options.seconds:
            publisher.put(payload)
            count += 1
        say(event="sent", size=size, sent=count)
        time.sleep(0.7)
elif options.role == "pong":
    publisher = session.declare_publisher("bench/pong", express=True, **block)
    subscriber = session.declare_subscriber("bench/ping", lambda sample: publisher.put(sample.payload))
    say(event="ready")
    until_told()
else:
    arrived = threading.Semaphore(0)
    stamps = []
    subscriber = session.declare_subscriber(
        "bench/pong", lambda sample: (stamps.append(time.perf_counter_ns()), arrived.release()))
    publisher = session.declare_publisher("bench/ping", express=True, **block)
    time.sleep(0.5)
    say(event="ready")
    for size in sizes:
        payload, micros, begin = b"\x5a" * size, [], time.perf_counter()
        while time.perf_counter() - begin < options.seconds:
            start = time.perf_counter_ns()
            publisher.put(payload)
            if not arrived.acquire(timeout=2):
                break
            micros.append((stamps.pop() - start) / 1000)
        micros.sort()
        if micros:
            say(event="roundTrips", size=size, count=len(micros), p50Micros=micros[len(micros) // 2],
                p99Micros=micros[min(len(micros) - 1, len(micros) * 99 // 100)])
session.close()
