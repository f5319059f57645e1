"""A router of the real Zenoh core, for tests; ends with its stdin."""
import argparse
import json
import sys

import zenoh

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--listen", required=True, help="as tcp/127.0.0.1:17447")
parser.add_argument("--connect", action="append", default=[])
options = parser.parse_args()
config = zenoh.Config()
config.insert_json5("mode", '"router"')
config.insert_json5("listen/endpoints", json.dumps([options.listen]))
config.insert_json5("connect/endpoints", json.dumps(options.connect))
config.insert_json5("scouting/multicast/enabled", "false")
session = zenoh.open(config)
print(json.dumps({"event": "ready", "zid": str(session.zid())}), flush=True)
sys.stdin.buffer.read()
session.close()
