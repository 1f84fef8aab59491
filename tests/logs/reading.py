"""Event files of TensorBoard, read back as their format says, checksums too."""

import struct


def crc32c_of(byte):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    return byte


CRC = [crc32c_of(byte) for byte in range(256)]


def masked(data):
    """The checksum of TFRecord."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return (crc >> 15 | crc << 17) + 0xA282EAD8 & 0xFFFFFFFF


def events(file):
    """All of a file, which must be whole."""
    from tensorboardX.proto.event_pb2 import Event  # noqa: PLC0415 - of an extra

    content, found = file.read_bytes(), []
    while content:
        length, of_length = struct.unpack_from("<QI", content)
        assert of_length == masked(content[:8])
        body = content[12 : 12 + length]
        assert struct.unpack_from("<I", content, 12 + length) == (masked(body),)
        found.append(Event.FromString(body))
        content = content[16 + length :]
    return found


def scalars(folder):
    """By run, then by tag: the steps and what was there."""
    found = {}
    for file in sorted(folder.glob("*/*tfevents*")):
        first, *rest = events(file)
        assert first.file_version == "brain.Event:2"
        tags = found.setdefault(file.parent.name, {})
        for event in rest:
            for value in event.summary.value:
                tags.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found
