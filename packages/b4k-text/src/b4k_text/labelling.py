"""The best sequence of labels."""

import numpy as np

__all__ = ["ViterbiDecoder"]


class ViterbiDecoder:
    """Finds the path of labels with the highest score by dynamic programming.

    https://en.wikipedia.org/wiki/Viterbi_algorithm; a subclass may add what it decodes.
    """

    def __init__(
        self,
        trans,  # [labels, labels]: the score of going from one label to the next
        starts=None,  # labels that may come first, all if None
        ends=None,  # labels that may come last, all if None
    ):
        self.trans = trans
        self.num_labels = len(trans)
        self.non_starts = self._others(starts)
        self.non_ends = self._others(ends)

    def decode(self, nodes):
        """The labels, [length], for scores of [length, labels]; of equals the lowest label."""
        nodes = np.array(nodes)
        nodes = nodes.astype(np.result_type(nodes, np.float32))
        if nodes.ndim != 2 or not len(nodes) or nodes.shape[1] != self.num_labels:
            raise ValueError(
                f"ViterbiDecoder: expected scores of [length, {self.num_labels}] with a length "
                f"of 1 or more, got the shape {nodes.shape}"
            )
        nodes[0, self.non_starts] = -np.inf
        nodes[-1, self.non_ends] = -np.inf
        scores, origins = nodes[0], []
        for node in nodes[1:]:
            through = scores[:, None] + self.trans + node  # [from, to]
            origins.append(through.argmax(0))
            scores = through.max(0)
        path = [scores.argmax()]
        for origin in reversed(origins):
            path.append(origin[path[-1]])
        return np.array(path[::-1])

    def _others(self, labels):
        """All labels that are not among these, which must be some of them."""
        if labels is not None and not set(labels) & set(range(self.num_labels)):
            raise ValueError(
                f"ViterbiDecoder: expected labels from 0 to {self.num_labels - 1} to start or to "
                f"end with, got {labels!r}"
            )
        return [] if labels is None else [i for i in range(self.num_labels) if i not in labels]
