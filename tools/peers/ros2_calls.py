"""Services and actions of ROS 2 for the test peers, written from the wire documents: real Zenoh core, CDR by rosbags.

rosbags knows messages only. A service or action is told here as the messages it is made of; their RIHS01 hashes are computed
here (rosbags takes `char` for type 13 where ROS 2 takes 3, and knows no /srv/ or /action/ names).

  Types().service(...), .action(...)   definitions
  Server(node, name, type, answer)     a complete queryable with an SS token; answer(request) -> response, or None to answer later
  Client(node, name, type).call(...)   a query with an SC token
"""
import hashlib
import json
import threading
import time

import xxhash
import zenoh
from rosbags.interfaces import Nodetype
from rosbags.typesys import get_types_from_msg

from eve import STORE, mangle

IDS = {
    "int8": 2, "uint8": 3, "char": 3, "int16": 4, "uint16": 5, "int32": 6, "uint32": 7, "int64": 8, "uint64": 9, "float32": 10,
    "float64": 11, "bool": 15, "byte": 16, "octet": 16, "string": 17,
}
SERVICES_QOS = "::,10:,:,:,,"


class Types:
    """Definitions beyond rosbags' messages; `real` gives the ROS name of what rosbags files under /msg/."""

    def __init__(self, store=STORE):
        self.store, self.real = store, {}

    def define(self, name, text):
        package, kind, base = name.split("/")
        filed = f"{package}/msg/{base}"
        known = get_types_from_msg(text.strip() + "\n", filed)
        if not text.strip():
            known = get_types_from_msg("uint8 structure_needs_at_least_one_member\n", filed)
        self.store.register({k: v for k, v in known.items() if k == filed})
        if kind != "msg":
            self.real[filed] = name
        return filed

    def service(self, name, request, response):
        self.define(name + "_Request", request)
        self.define(name + "_Response", response)
        self._service(name)

    def _service(self, name):
        package, _, base = name.split("/")
        self.define(
            name + "_Event",
            f"service_msgs/msg/ServiceEventInfo info\n{package}/{base}_Request[<=1] request\n{package}/{base}_Response[<=1] response")
        self.define(name, f"{package}/{base}_Request request_message\n{package}/{base}_Response response_message\n"
                          f"{package}/{base}_Event event_message")

    def action(self, name, goal, result, feedback):
        package, _, base = name.split("/")
        for part, text in (("Goal", goal), ("Result", result), ("Feedback", feedback)):
            self.define(f"{name}_{part}", text)
        uuid = "unique_identifier_msgs/UUID goal_id"
        self.service(f"{name}_SendGoal", f"{uuid}\n{package}/{base}_Goal goal", "bool accepted\nbuiltin_interfaces/Time stamp")
        self.service(f"{name}_GetResult", uuid, f"int8 status\n{package}/{base}_Result result")
        self.define(f"{name}_FeedbackMessage", f"{uuid}\n{package}/{base}_Feedback feedback")

    def filed(self, name):
        package, _, base = name.split("/")
        return f"{package}/msg/{base}"

    def make(self, name):
        """The class of a message; its fields are given by name."""
        return self.store.types[self.filed(name)]

    def encode(self, value, name):
        return bytes(self.store.serialize_cdr(value, self.filed(name)))

    def decode(self, data, name):
        return self.store.deserialize_cdr(data, self.filed(name))

    # RIHS01 (REP-2011)
    def _type(self, node):
        kind, detail = node
        if kind == Nodetype.BASE:
            base, bound = detail
            bounded = base == "string" and bound
            return {"type_id": 21 if bounded else IDS[base], "capacity": 0, "string_capacity": bound or 0, "nested_type_name": ""}
        if kind == Nodetype.NAME:
            return {"type_id": 1, "capacity": 0, "string_capacity": 0, "nested_type_name": self.real.get(detail, detail)}
        element, size = detail
        described = self._type(element)
        described["type_id"] += 48 if kind == Nodetype.ARRAY else 96 if size else 144
        described["capacity"] = size or 0
        return described

    def _description(self, filed):
        return {"type_name": self.real.get(filed, filed),
                "fields": [{"name": name, "type": self._type(node)} for name, node in self.store.fielddefs[filed][1]]}

    def _nested(self, filed, found):
        for _, node in self.store.fielddefs[filed][1]:
            while node[0] in (Nodetype.ARRAY, Nodetype.SEQUENCE):
                node = node[1][0]
            if node[0] == Nodetype.NAME and node[1] not in found:
                found.add(node[1])
                self._nested(node[1], found)
        return found

    def hash(self, name):
        filed = self.filed(name)
        nested = [self._description(n) for n in self._nested(filed, set())]
        text = json.dumps({"type_description": self._description(filed),
                           "referenced_type_descriptions": sorted(nested, key=lambda d: d["type_name"])})
        return "RIHS01_" + hashlib.sha256(text.encode()).hexdigest()


def attachment(sequence, gid):
    return sequence.to_bytes(8, "little") + time.time_ns().to_bytes(8, "little") + bytes([16]) + gid


def endpoint(node, kind, name, ros_type, types):
    full = node.full(name)
    type_hash = types.hash(ros_type)
    key = f"{node.domain}/{full.strip('/')}/{mangle(ros_type)}/{type_hash}"
    token = node.token(
        f"@ros2_lv/{node.domain}/{node.zid}/{node.node_id}/{node.take_id()}/{kind}/{node.where}/"
        f"{full.replace('/', '%')}/{mangle(ros_type)}/{type_hash}/{SERVICES_QOS}")
    return key, token


class Asked:
    """A request that may be answered later."""

    def __init__(self, server, query, request):
        self.server, self.query, self.request = server, query, request
        given = bytes(query.attachment.to_bytes())
        self.sequence, self.gid = int.from_bytes(given[:8], "little"), given[17:33]

    def respond(self, response):
        self.query.reply(self.server.key, self.server.types.encode(response, self.server.type + "_Response"),
                         attachment=attachment(self.sequence, self.gid))
        self.query.drop()


class Server:
    def __init__(self, node, name, ros_type, types, answer):
        self.types, self.type, self.answer = types, ros_type, answer
        self.key, _ = endpoint(node, "SS", name, ros_type, types)
        node.entities.append(node.session.declare_queryable(self.key, self.asked, complete=True))

    def asked(self, query):
        if query.attachment is None or query.payload is None:
            query.drop()
            return
        asked = Asked(self, query, self.types.decode(bytes(query.payload.to_bytes()), self.type + "_Request"))
        response = self.answer(asked)
        if response is not None:
            asked.respond(response)


class Client:
    def __init__(self, node, name, ros_type, types):
        self.node, self.types, self.type, self.sequence = node, types, ros_type, 0
        self.key, token = endpoint(node, "SC", name, ros_type, types)
        self.gid = xxhash.xxh3_128_intdigest(token.encode()).to_bytes(16, "little")
        self.lock = threading.Lock()

    def call(self, request, timeout=10.0):
        """The response, or the text of the error, or None."""
        with self.lock:
            self.sequence += 1
            sequence = self.sequence
        replies = self.node.session.get(
            self.key, target=zenoh.QueryTarget.ALL_COMPLETE, consolidation=zenoh.ConsolidationMode.NONE, timeout=timeout,
            payload=self.types.encode(request, self.type + "_Request"), attachment=attachment(sequence, self.gid))
        for reply in replies:
            if reply.ok is None:
                return "error: " + bytes(reply.err.payload.to_bytes()).decode()
            given = bytes(reply.ok.attachment.to_bytes())
            if int.from_bytes(given[:8], "little") == sequence and given[17:33] == self.gid:
                return self.types.decode(bytes(reply.ok.payload.to_bytes()), self.type + "_Response")
        return None
