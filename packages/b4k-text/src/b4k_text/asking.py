"""Searches ask for predictions: one search by itself, or several together in as few calls as their shapes allow."""

from collections import namedtuple

import numpy as np

__all__ = ["Ask", "answered", "answered_together", "rows_of"]

Ask = namedtuple("Ask", "inputs output_ids states")


def answered(search, predict):
    """Yields what a search yields besides each Ask, which `predict(*ask)` answers."""
    answer = None
    while True:
        try:
            item = search.send(answer)
        except StopIteration as stop:
            return stop.value
        answer = predict(*item) if isinstance(item, Ask) else None
        if not isinstance(item, Ask):
            yield item


def answered_together(searches, predict):
    """The same for several searches, whose Asks go in batches of one shape: yields (which search, item)."""
    answers = dict.fromkeys(range(len(searches)))
    while answers:
        asks = {}
        for i, answer in answers.items():
            for item in _until_asked(searches[i], answer):
                if isinstance(item, Ask):
                    asks[i] = item
                else:
                    yield i, item
        alike = {}
        for i, ask in asks.items():
            alike.setdefault(_shape(ask), []).append(i)
        answers = {}
        for indices in alike.values():
            answers.update(zip(indices, _predict([asks[i] for i in indices], predict)))


def _until_asked(search, answer):
    """What a search yields up to its next Ask or its end."""
    try:
        item = search.send(answer)
        while not isinstance(item, Ask):
            yield item
            item = next(search)
    except StopIteration:
        return
    yield item


def _shape(ask):
    """What must be equal for rows to go into one array."""
    return ask.output_ids.shape[1], tuple(x.shape[1:] for x in ask.inputs)


def _predict(asks, predict):
    """The answers to several asks of one shape, by one call."""
    counts = [len(ask.output_ids) for ask in asks]
    inputs = [np.concatenate(arrays) for arrays in zip(*(ask.inputs for ask in asks))]
    output_ids = np.concatenate([ask.output_ids for ask in asks])
    states = _joined([ask.states for ask in asks], counts)
    scores, states = predict(inputs, output_ids, states)
    begins = np.cumsum([0] + counts)
    for begin, count in zip(begins, counts):
        rows = np.arange(begin, begin + count)
        yield np.asarray(scores)[rows], rows_of(states, rows, begins[-1])


def _joined(values, counts):
    """Nested values of several asks as one: arrays of their rows end to end, others as the first has them."""
    first = values[0]
    if isinstance(first, dict):
        return {name: _joined([value[name] for value in values], counts) for name in first}
    if isinstance(first, (list, tuple)):
        return type(first)([_joined(list(parts), counts) for parts in zip(*values)])
    if _has_rows(first, counts[0]):
        return np.concatenate([np.asarray(value) for value in values])
    return first


def rows_of(values, rows, count):
    """Nested values with these rows of each array that has `count` of them, others as they are."""
    if isinstance(values, dict):
        return {name: rows_of(value, rows, count) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return type(values)([rows_of(value, rows, count) for value in values])
    if not _has_rows(values, count):
        return values
    is_tensorflow = type(values).__module__.startswith("tensorflow")  # which takes no lists of rows
    return (np.asarray(values) if is_tensorflow else values)[rows]


def _has_rows(value, count):
    return bool(getattr(value, "shape", ())) and value.shape[0] == count
