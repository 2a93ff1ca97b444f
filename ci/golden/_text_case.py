"""How the cases of b4k-text are written: JSON, one row a line."""

import json
import unicodedata

from _case import ORACLE, VERSIONS, seed_of


def write_case(path, case, content):
    """JSON in ASCII, one row a line, the same bytes every time."""
    versions = dict(VERSIONS, unicode=unicodedata.unidata_version)
    header = {"case": case, "seed": seed_of(case), "oracle": ORACLE, "versions": versions}
    rows = content.pop("rows")
    head = json.dumps(dict(content, header=header), sort_keys=True, separators=(",", ":"))
    lines = [json.dumps(row, sort_keys=True, separators=(",", ":")) for row in rows]
    with open(path, "w", encoding="ascii", newline="\n") as writer:
        writer.write('%s,"rows":[\n%s\n]}\n' % (head[:-1], ",\n".join(lines)))
