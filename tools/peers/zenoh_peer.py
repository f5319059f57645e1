"""A foreign Zenoh peer on the real core (PyPI eclipse-zenoh), driven by lines of JSON on stdin.

    zenoh_peer.py --mode client|peer|router [--connect tcp/HOST:PORT] [--listen tcp/HOST:PORT]

Each input line is {"op": ..., ...}; each output line is one JSON object. Payloads travel as base64.
It ends when stdin ends.
"""

import argparse
import base64
import hashlib
import json
import sys
import threading

import zenoh

out_lock = threading.Lock()


def say(**fields):
    with out_lock:
        sys.stdout.write(json.dumps(fields) + "\n")
        sys.stdout.flush()


def encode(data):
    return None if data is None else base64.b64encode(bytes(data)).decode()


def sample_fields(sample):
    payload = bytes(sample.payload)
    fields = {
        "key": str(sample.key_expr),
        "kind": "put" if sample.kind == zenoh.SampleKind.PUT else "delete",
        "length": len(payload),
        "sha": hashlib.sha256(payload).hexdigest(),
        "encoding": str(sample.encoding),
        "attachment": encode(sample.attachment),
        "priority": str(sample.priority),
        "timestamp": None if sample.timestamp is None else str(sample.timestamp),
    }
    if len(payload) <= 4096:
        fields["payload"] = base64.b64encode(payload).decode()
    return fields


def body(command):
    if "size" in command:
        # A pattern that the other side can make too: byte i is (i * 31 + i >> 8) & 255.
        size = command["size"]
        block = bytes((i * 31 + (i >> 8)) & 255 for i in range(65536))
        return (block * (size // 65536 + 1))[:size]
    return base64.b64decode(command.get("payload", ""))


PRIORITY = dict(
    zip(
        range(1, 8),
        (
            zenoh.Priority.REAL_TIME,
            zenoh.Priority.INTERACTIVE_HIGH,
            zenoh.Priority.INTERACTIVE_LOW,
            zenoh.Priority.DATA_HIGH,
            zenoh.Priority.DATA,
            zenoh.Priority.DATA_LOW,
            zenoh.Priority.BACKGROUND,
        ),
    )
)


class Peer:
    def __init__(self, session):
        self.session = session
        self.kept = {}

    def run(self, command):
        getattr(self, "op_" + command["op"])(command)

    def put_options(self, c):
        options = {}
        if "attachment" in c:
            options["attachment"] = base64.b64decode(c["attachment"])
        if "encoding" in c:
            options["encoding"] = zenoh.Encoding(c["encoding"])
        if c.get("timestamp"):
            options["timestamp"] = self.session.new_timestamp()
        return options

    def qos(self, c):
        options = {}
        if "priority" in c:
            options["priority"] = PRIORITY[c["priority"]]
        if c.get("block"):
            options["congestion_control"] = zenoh.CongestionControl.BLOCK
        if c.get("express"):
            options["express"] = True
        return options

    def op_put(self, c):
        payload = body(c)
        for _ in range(c.get("times", 1)):
            self.session.put(c["key"], payload, **self.put_options(c), **self.qos(c))
        say(event="done", op="put", key=c["key"])

    def op_delete(self, c):
        self.session.delete(c["key"])
        say(event="done", op="delete", key=c["key"])

    def op_publisher(self, c):
        publisher = self.session.declare_publisher(c["key"], **self.qos(c))
        self.kept[c["name"]] = publisher
        say(event="done", op="publisher", name=c["name"])

    def op_matching(self, c):
        say(event="matching", name=c["name"], matching=self.kept[c["name"]].matching_status.matching)

    def op_watch_matching(self, c):
        def changed(status):
            say(event="matching", name=c["name"], matching=status.matching)

        publisher = self.kept[c["name"]]
        self.kept[c["name"] + "#matching"] = publisher.declare_matching_listener(changed)
        say(event="done", op="watch_matching", name=c["name"])

    def op_publish(self, c):
        payload = body(c)
        publisher = self.kept[c["name"]]
        for i in range(c.get("times", 1)):
            if c.get("number"):
                publisher.put(i.to_bytes(8, "little") + payload, **self.put_options(c))
            else:
                publisher.put(payload, **self.put_options(c))
        say(event="done", op="publish", name=c["name"])

    def op_subscribe(self, c):
        name = c["name"]
        if c.get("count_only"):
            seen = {"n": 0, "bytes": 0}
            self.kept[name + "#seen"] = seen

            def count(sample):
                seen["n"] += 1
                seen["bytes"] += len(sample.payload)
                if seen["n"] == c.get("until"):
                    say(event="counted", name=name, **seen)

            self.kept[name] = self.session.declare_subscriber(c["key"], count)
        else:
            self.kept[name] = self.session.declare_subscriber(
                c["key"], lambda sample: say(event="sample", name=name, **sample_fields(sample))
            )
        say(event="done", op="subscribe", name=name)

    def op_seen(self, c):
        say(event="seen", name=c["name"], **self.kept[c["name"] + "#seen"])

    def op_queryable(self, c):
        name = c["name"]

        def answer(query):
            say(
                event="query",
                name=name,
                selector=str(query.selector),
                payload=None if query.payload is None else encode(query.payload),
                attachment=encode(query.attachment),
            )
            if c.get("error"):
                query.reply_err(base64.b64decode(c["error"]))
            elif not c.get("silent"):
                for i in range(c.get("replies", 1)):
                    key = c["reply_key"] if "reply_key" in c else str(query.key_expr)
                    query.reply(key, body(c), **self.put_options(c))
            if c.get("hold"):
                self.kept[name + "#query"] = query
            else:
                query.drop()

        self.kept[name] = self.session.declare_queryable(
            c["key"], answer, complete=c.get("complete", False)
        )
        say(event="done", op="queryable", name=name)

    def op_get(self, c):
        options = {}
        if "payload" in c:
            options["payload"] = base64.b64decode(c["payload"])
        if "attachment" in c:
            options["attachment"] = base64.b64decode(c["attachment"])
        if "target" in c:
            options["target"] = getattr(zenoh.QueryTarget, c["target"])
        if "consolidation" in c:
            options["consolidation"] = getattr(zenoh.ConsolidationMode, c["consolidation"])

        def ask():
            for reply in self.session.get(c["selector"], timeout=c.get("timeout", 5.0), **options):
                if reply.ok is not None:
                    say(event="reply", name=c["name"], **sample_fields(reply.ok))
                else:
                    say(event="error", name=c["name"], payload=encode(reply.err.payload))
            say(event="final", name=c["name"])

        threading.Thread(target=ask, daemon=True).start()

    def op_token(self, c):
        self.kept[c["name"]] = self.session.liveliness().declare_token(c["key"])
        say(event="done", op="token", name=c["name"])

    def op_tokens(self, c):
        name = c["name"]
        self.kept[name] = self.session.liveliness().declare_subscriber(
            c["key"],
            lambda sample: say(event="token", name=name, **sample_fields(sample)),
            history=c.get("history", False),
        )
        say(event="done", op="tokens", name=name)

    def op_get_tokens(self, c):
        def ask():
            for reply in self.session.liveliness().get(c["key"], timeout=c.get("timeout", 5.0)):
                if reply.ok is not None:
                    say(event="token", name=c["name"], **sample_fields(reply.ok))
            say(event="final", name=c["name"])

        threading.Thread(target=ask, daemon=True).start()

    def op_undeclare(self, c):
        self.kept.pop(c["name"]).undeclare()
        say(event="done", op="undeclare", name=c["name"])

    def op_info(self, c):
        say(
            event="info",
            zid=str(self.session.info.zid()),
            routers=[str(z) for z in self.session.info.routers_zid()],
            peers=[str(z) for z in self.session.info.peers_zid()],
        )

    def op_keyexpr(self, c):
        """Relations of pairs of expressions as the core sees them."""
        answers = []
        for a, b in c["pairs"]:
            try:
                left = zenoh.KeyExpr.autocanonize(a)
                right = zenoh.KeyExpr.autocanonize(b)
                answers.append(
                    [str(left), str(right), left.intersects(right), left.includes(right)]
                )
            except Exception:
                answers.append(None)
        say(event="keyexpr", answers=answers)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--mode", default="client")
    arguments.add_argument("--connect")
    arguments.add_argument("--listen")
    chosen = arguments.parse_args()
    config = zenoh.Config()
    config.insert_json5("mode", json.dumps(chosen.mode))
    config.insert_json5("scouting/multicast/enabled", "false")
    config.insert_json5("transport/shared_memory/enabled", "false")
    if chosen.connect:
        config.insert_json5("connect/endpoints", json.dumps([chosen.connect]))
    config.insert_json5("listen/endpoints", json.dumps([chosen.listen] if chosen.listen else []))
    session = zenoh.open(config)
    peer = Peer(session)
    say(event="open", zid=str(session.info.zid()))
    for line in sys.stdin:
        line = line.strip()
        if not line:
            continue
        command = json.loads(line)
        try:
            peer.run(command)
        except Exception as problem:  # reported to the other side, which decides
            say(event="failed", op=command.get("op"), why=str(problem))
    session.close()


if __name__ == "__main__":
    main()
