"""Reads a segment or export with three foreign readers (PyPI mcap by stream and by index, mcap-ros2-support, rosbags) and
prints, as one JSON line, what each found: per topic the count and a SHA-256 over all payloads, and the decoded texts of
std_msgs/msg/String."""
import argparse
import hashlib
import json
import pathlib
import shutil
import tempfile

from mcap.reader import make_reader
from mcap.stream_reader import StreamReader
from mcap.records import Channel, Message
from mcap_ros2.decoder import DecoderFactory
from rosbags.rosbag2 import Reader

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mcap", required=True)
options = parser.parse_args()


class Found:
    def __init__(self):
        self.counts, self.hashes = {}, {}

    def add(self, topic, payload):
        self.counts[topic] = self.counts.get(topic, 0) + 1
        self.hashes.setdefault(topic, hashlib.sha256()).update(payload)

    def json(self):
        return {topic: [count, self.hashes[topic].hexdigest()] for topic, count in sorted(self.counts.items())}


streamed, indexed, bagged, texts = Found(), Found(), Found(), []
with open(options.mcap, "rb") as stream:
    channels = {}
    for record in StreamReader(stream, validate_crcs=True).records:
        if isinstance(record, Channel):
            channels[record.id] = record.topic
        elif isinstance(record, Message):
            streamed.add(channels[record.channel_id], record.data)
with open(options.mcap, "rb") as stream:
    reader = make_reader(stream, validate_crcs=True, decoder_factories=[DecoderFactory()])
    header, summary = reader.get_header(), reader.get_summary()
    for schema, channel, message in reader.iter_messages(log_time_order=False):
        indexed.add(channel.topic, message.data)
        if schema is not None and schema.name == "std_msgs/msg/String":
            decoded = DecoderFactory().decoder_for(channel.message_encoding, schema)(message.data)
            texts.append(decoded.data)
with tempfile.TemporaryDirectory() as folder:
    bag = pathlib.Path(folder)
    shutil.copy(options.mcap, bag / "bag.mcap")
    topics = [
        {
            "topic_metadata": {
                "name": channel.topic,
                "type": summary.schemas[channel.schema_id].name,
                "serialization_format": channel.message_encoding,
                "offered_qos_profiles": channel.metadata.get("offered_qos_profiles", ""),
            },
            "message_count": summary.statistics.channel_message_counts.get(channel.id, 0),
        }
        for channel in summary.channels.values()
        if channel.schema_id and channel.message_encoding == "cdr"
    ]
    start, end = summary.statistics.message_start_time, summary.statistics.message_end_time
    (bag / "metadata.yaml").write_text(
        json.dumps(
            {
                "rosbag2_bagfile_information": {
                    "version": 6,
                    "storage_identifier": "mcap",
                    "relative_file_paths": ["bag.mcap"],
                    "duration": {"nanoseconds": end - start},
                    "starting_time": {"nanoseconds_since_epoch": start},
                    "message_count": summary.statistics.message_count,
                    "topics_with_message_count": topics,
                    "compression_format": "",
                    "compression_mode": "",
                    "files": [
                        {
                            "path": "bag.mcap",
                            "starting_time": {"nanoseconds_since_epoch": start},
                            "duration": {"nanoseconds": end - start},
                            "message_count": summary.statistics.message_count,
                        }
                    ],
                    "ros_distro": "jazzy",
                }
            }
        )
    )
    with Reader(bag) as reader:
        for connection, timestamp, payload in reader.messages():
            bagged.add(connection.topic, bytes(payload))
print(
    json.dumps(
        {
            "profile": header.profile,
            "streamed": streamed.json(),
            "indexed": indexed.json(),
            "rosbags": bagged.json(),
            "texts": texts,
            "metadata": {c.topic: dict(c.metadata) for c in summary.channels.values()},
        }
    )
)
