"""A transformer that can leave a comment above the statement it is in."""

import libcst as cst
from libcst import metadata

__all__ = ["Commenting"]

MARK = "# b4k-migrate: "


class Commenting(cst.CSTTransformer):
    """`self.note(node, text)` puts a text into `self.notes` and above the innermost statement, unless it is there."""

    METADATA_DEPENDENCIES = (metadata.PositionProvider,)

    def __init__(self):
        super().__init__()
        self.notes = []  # (line, text)
        self._pending = []  # for each statement that is open, outermost first: its texts

    def note(self, node, text, comment=True):
        line = self.get_metadata(metadata.PositionProvider, node).start.line
        if (line, text) not in self.notes:
            self.notes.append((line, text))
        if comment and self._pending and text not in self._pending[-1]:
            self._pending[-1].append(text)

    def on_visit(self, node):
        if hasattr(node, "leading_lines"):
            self._pending.append([])
        return super().on_visit(node)

    def on_leave(self, original_node, updated_node):
        result = super().on_leave(original_node, updated_node)
        if hasattr(original_node, "leading_lines"):
            texts = self._pending.pop()
            if isinstance(result, cst.FlattenSentinel):
                first, *others = result
                return cst.FlattenSentinel([_commented(first, texts), *others])
            if isinstance(result, cst.CSTNode):
                return _commented(result, texts)
        return result


def _commented(statement, texts):
    """The statement below a comment for each text that is not there yet."""
    there = {line.comment.value for line in statement.leading_lines if line.comment}
    comments = [MARK + text for text in texts]
    added = [cst.EmptyLine(comment=cst.Comment(text)) for text in comments if text not in there]
    return statement.with_changes(leading_lines=[*statement.leading_lines, *added])
