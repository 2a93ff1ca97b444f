"""CRC-32C of large buffers in numpy, without a compiled extension (1 to 3 GB/s on one core).

A CRC is the remainder of the message, read as a polynomial over GF(2), modulo
P = x^32 + x^28 + x^27 + ... + 1 (0x1EDC6F41, RFC 3720 appendix B.4). Two facts make numpy enough:

- P divides the six-term polynomial Q = x^290 + x^136 + x^113 + x^107 + x^32 + 1, so modulo P a bit
  may be moved 154, 177, 183, 258 and 290 places towards the end of the message: five XORs.
- Squaring over GF(2) doubles every exponent, so P also divides Q(x^2), Q(x^4), ... What holds for
  bits holds for units of any 2^k bits: whole kilobytes are moved, 154 of them in one numpy call.

So the front of the message is folded onto its end, with ever smaller units, until some 300 bytes
are left for the textbook loop.
"""

import numpy as np

__all__ = ["crc32c", "mask", "unmask"]

DEGREE = 290  # of Q
GAPS = (154, 177, 183, 258, 290)  # DEGREE minus the exponents of Q's other terms
UNITS = ((np.uint64, (128, 16, 2)), (np.uint8, (2, 1)))  # dtype, then powers of two of its elements
CHUNK = 1 << 22  # bytes folded at a time: the working copy stays in the cache


def _byte_table():
    """What each byte adds to the register, bits reflected as in RFC 3720."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = (table >> 1) ^ np.where(table & 1, np.uint32(0x82F63B78), np.uint32(0))
    return table.tolist()


TABLE = _byte_table()


def _fold(message, unit):
    """Move all but the last DEGREE units of `message`, an array that is overwritten, onto those."""
    stop, step = message.size - DEGREE * unit, GAPS[0] * unit
    for start in range(0, stop, step):
        end = min(start + step, stop)
        for gap in GAPS:
            target = message[start + gap * unit : end + gap * unit]
            np.bitwise_xor(target, message[start:end], out=target)
    return message[max(stop, 0) :]


def _loop(register, message):
    for byte in message.tolist():
        register = TABLE[(register ^ byte) & 0xFF] ^ (register >> 8)
    return register


def _extend(register, chunk, work):
    """The register after `chunk`; `work` is scratch memory of at least its size."""
    if chunk.size <= DEGREE:
        return _loop(register, chunk)
    start = -chunk.size % 8  # zeros before the message make whole words, and change nothing
    rest = work[: start + chunk.size]
    rest[:start] = 0
    rest[start:] = chunk
    # Starting from a register is the same as adding it to the first four bytes.
    rest[start : start + 4] ^= np.array([register], "<u4").view(np.uint8)
    for dtype, units in UNITS:
        rest = rest.view(dtype)
        for unit in units:
            rest = _fold(rest, unit)
    return _loop(0, rest)


def crc32c(data):
    """CRC-32C of a bytes-like object."""
    message = np.frombuffer(data, np.uint8)
    work = np.empty(min(message.size, CHUNK) + 8, np.uint8)
    register = 0xFFFFFFFF
    for start in range(0, message.size, CHUNK):
        register = _extend(register, message[start : start + CHUNK], work)
    return register ^ 0xFFFFFFFF


def mask(crc):
    """What is stored for `crc`: LevelDB masks checksums, for CRCs of data holding CRCs are weak."""
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def unmask(masked):
    """Inverse of `mask`."""
    rotated = (masked - 0xA282EAD8) & 0xFFFFFFFF
    return ((rotated >> 17) | (rotated << 15)) & 0xFFFFFFFF
