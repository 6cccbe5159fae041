"""Headers of checkpoints, changed as another program might."""

import json
import struct


def rewrite(path, **changes):
    """Change entries of our header in a safetensors file."""
    raw = path.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + length])
    ours = json.loads(header["__metadata__"]["minivit"]) | changes
    header["__metadata__"]["minivit"] = json.dumps(ours)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + raw[8 + length :])
