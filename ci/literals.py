"""What Python files assign to names, read without running them."""

import ast

__all__ = ["declared"]


def declared(path, name, default=None):
    """The literal that a file assigns to `name` at its top."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == name:
            return ast.literal_eval(node.value)
    return default
