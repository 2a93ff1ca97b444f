"""Documents from files: text or JSON lines, plain or compressed, read line by line."""

import gzip
import io
import json
import os
import zlib

from b4k_pretrain.choosing import choose
from b4k_pretrain.manifest import RecordsError, sha256_of

__all__ = ["DOCUMENTS", "Documents", "corpus_fingerprint", "find_files", "size_of"]

DOCUMENTS = dict.fromkeys(["line", "blank", "file"])  # what a document of a text file is
JSON_LINES = (".jsonl", ".json", ".ndjson")
COMPRESSED = (".gz", ".zst", ".zstd")
TEXT_PER_BYTE = 4  # of a compressed file, about
LONGEST = 1 << 24  # bytes of a line, characters of a document


def find_files(paths):
    """The files of paths, a folder standing for all files below it that are not hidden, sorted: at least one."""
    files = []
    for path in [paths] if isinstance(paths, (str, os.PathLike)) else paths:
        files += _below(os.fspath(path)) if os.path.isdir(path) else [os.fspath(path)]
    for path in files:
        if not os.path.isfile(path):
            raise RecordsError("%s: there is no such file" % path)
    if not files:
        raise RecordsError("%s: expected files with text, got none" % (paths,))
    return files


def _below(folder):
    """The files below a folder that are not hidden, sorted."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.join(place, name) for name in sorted(names) if not name.startswith("."))


def size_of(files):
    """About how many bytes of text are in files."""
    weights = (TEXT_PER_BYTE if path.endswith(COMPRESSED) else 1 for path in files)
    return sum(os.path.getsize(path) * weight for path, weight in zip(files, weights))


def corpus_fingerprint(files):
    """A SHA-256 of the names and sizes of files."""
    known = [(os.path.basename(path), os.path.getsize(path)) for path in files]
    return sha256_of(sorted(known))


class Documents:
    """The documents of files, as text; `bytes_read` says how far it is.

    RecordsError, with the file and the line, for what is no text in the encoding, no JSON with the
    key, empty, or longer than memory should hold.
    """

    def __init__(
        self,
        files,  # *.jsonl and *.json hold an object a line, others text; both also as *.gz and *.zst
        document="line",  # of text: "line", "blank" (lines up to a blank one) or "file"
        key="text",  # of the objects, with a text or a list of sentences
        encoding="utf-8",
        longest=LONGEST,  # bytes of a line, characters of a document
    ):
        choose("document", document, DOCUMENTS)
        self.files = files
        self.document = document
        self.key = key
        self.encoding = encoding
        self.longest = longest
        self.bytes_read = 0

    def __iter__(self):
        done = 0
        for path in self.files:
            with open(path, "rb") as file:
                empty = True
                for text in self._of_file(path, file):
                    self.bytes_read = done + file.tell()
                    empty = False
                    yield text
            if empty:
                raise RecordsError("%s: expected text, the file is empty" % path)
            done += os.path.getsize(path)
        self.bytes_read = done

    def _of_file(self, path, file):
        """The documents of one file, none of them empty."""
        lines = self._lines(path, _decompressed(path, file))
        if _suffix(path) in JSON_LINES:
            texts = (self._of_object(path, number, line) for number, line in lines if line.strip())
        elif self.document == "line":
            texts = (line for _, line in lines)
        else:
            texts = self._joined(path, lines)
        return (text for text in texts if text.strip())

    def _lines(self, path, reader):
        """(number, line) of a file, without line breaks."""
        number = 0
        try:
            for line in iter(lambda: reader.readline(self.longest + 1), b""):
                number += 1
                yield number, self._decoded(path, number, line)
        except (EOFError, OSError, zlib.error, *_zstd_errors()) as error:
            raise RecordsError("%s: after line %d: %s" % (path, number, error)) from error

    def _decoded(self, path, number, line):
        """A line as text."""
        if len(line) > self.longest:
            message = "%s, line %d: expected a line break within %d bytes: is it text?"
            raise RecordsError(message % (path, number, self.longest))
        try:
            text = line.decode(self.encoding)
        except UnicodeDecodeError as error:
            message = "%s, line %d: expected text in %s, got the byte 0x%02x at %d"
            raise RecordsError(
                message % (path, number, self.encoding, line[error.start], error.start)
            ) from None
        if "\0" in text:
            message = "%s, line %d: expected text, got NUL characters: a binary file?"
            raise RecordsError(message % (path, number))
        return text.lstrip("\ufeff").rstrip("\r\n")

    def _of_object(self, path, number, line):
        """The text of a line of JSON."""
        try:
            content = json.loads(line)
        except ValueError as error:
            message = "%s, line %d: expected JSON, got %s"
            raise RecordsError(message % (path, number, error)) from None
        text = content.get(self.key) if isinstance(content, dict) else None
        if isinstance(text, list) and all(isinstance(sentence, str) for sentence in text):
            text = "\n".join(text)
        if not isinstance(text, str):
            message = "%s, line %d: expected an object with a text as %r, got %.60s"
            raise RecordsError(message % (path, number, self.key, line))
        if "\\ud" in line and text.encode("utf-8", "replace").decode("utf-8") != text:
            message = "%s, line %d: expected text, got half a surrogate pair"
            raise RecordsError(message % (path, number))
        return text

    def _joined(self, path, lines):
        """Documents of several lines."""
        document, size = [], 0
        for number, line in lines:
            if not line.strip() and self.document == "blank":
                yield "\n".join(document)
                document, size = [], 0
            document.append(line)
            size += len(line)
            if size > self.longest:
                message = "%s, line %d: expected a document of at most %d characters; document=%r"
                raise RecordsError(message % (path, number, self.longest, self.document))
        yield "\n".join(document)


def _suffix(path):
    """What a file is, by its name, when it is no more compressed."""
    name, suffix = os.path.splitext(path)
    return os.path.splitext(name)[1] if suffix in COMPRESSED else suffix


def _decompressed(path, file):
    """A reader of the bytes that are behind those of a file."""
    if path.endswith(".gz"):
        return gzip.GzipFile(fileobj=file)
    if path.endswith(COMPRESSED):
        try:
            import zstandard
        except ImportError:
            raise ImportError(
                "%s needs the package zstandard: pip install b4k-pretrain[zstd]" % path
            ) from None
        return io.BufferedReader(
            zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        )
    return file


def _zstd_errors():
    """What the zstandard package raises, if it is there."""
    try:
        import zstandard
    except ImportError:
        return ()
    return (zstandard.ZstdError,)
