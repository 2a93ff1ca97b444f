"""The checksum that TensorFlow's checkpoint files store beside their data."""

from crc32c import crc32c

__all__ = ["checksum"]


def checksum(chunks):
    """The CRC-32C of bytes-like objects in a row, masked as LevelDB does: CRCs of data that hold CRCs are weak."""
    crc = 0
    for chunk in chunks:
        crc = crc32c(chunk, crc)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
