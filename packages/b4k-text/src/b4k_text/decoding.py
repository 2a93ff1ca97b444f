"""Text from a model that predicts one token after another."""

import functools
import threading

import numpy as np

from b4k_text.asking import Ask, answered, answered_together, rows_of
from b4k_text.choosing import check_choice, draw, normalized, restrained
from b4k_text.sequences import softmax
from b4k_text.streaming import as_text
from b4k_text.submodels import last_token_model

__all__ = ["AutoRegressiveDecoder"]

_BUILDING = threading.Lock()


class AutoRegressiveDecoder:
    """Beam search and random sampling: write `predict`, decorated with `wraps`.

    A decoder holds nothing of a text, so it can be used again, and by several threads at once.
    """

    def __init__(
        self,
        start_id,  # what every output begins with; None for nothing
        end_id,
        maxlen,  # of what is generated
        minlen=1,  # of an output, start_id included, before an end token can finish it
    ):
        self.start_id = start_id
        self.end_id = end_id
        self.maxlen = maxlen
        self.minlen = minlen
        self.models = {}
        first = [[]] if start_id is None else [[start_id]]
        self.first_output_ids = np.array(first, dtype=int)

    @staticmethod
    def wraps(
        default_rtype="probas",  # what `predict` returns: "probas", or "logits" before a softmax
        use_states=False,  # whether it returns (that, states) rather than that alone
    ):
        """Decorates `predict(self, inputs, output_ids, states)`: adds `temperature` and `rtype`."""
        _check_rtype(default_rtype)

        def decorate(predict):
            @functools.wraps(predict)
            def wrapped(self, inputs, output_ids, states=None, temperature=1, rtype=default_rtype):
                _check_rtype(rtype)
                prediction = predict(self, inputs, output_ids, states)
                prediction, states = prediction if use_states else (prediction, None)
                probas = _as_probas(np.asarray(prediction), default_rtype, temperature)
                return (probas if rtype == "probas" else np.log(probas + 1e-12)), states

            return wrapped

        return decorate

    def last_token(self, model):
        """A model with the outputs of `model` at the last token only, built once."""
        with _BUILDING:
            if model not in self.models:
                self.models[model] = last_token_model(model)
        return self.models[model]

    def predict(self, inputs, output_ids, states=None):
        """What comes after each of the outputs so far.

        inputs: arrays of [n, ...]; output_ids: [n, length]; states: what the call before returned
        as such, None or that of the caller at first. Arrays in states, however nested, whose first
        axis is n follow their outputs when these are chosen, repeated or finished.
        Returns [n, vocabulary].
        """
        raise NotImplementedError(f"{type(self).__name__} has no predict")

    def beam_search(
        self,
        inputs,  # of one sample: arrays without a batch axis
        topk,  # beams
        states=None,
        temperature=1,
        min_ends=1,  # end tokens that an output needs to be finished
        length_penalty=None,  # a number: keep finished outputs, judge by score / length ** number
        **restraints,  # repetition_penalty and no_repeat_ngram, see `random_sample`
    ):
        """The best output found, [length].

        Without a `length_penalty` the search ends once the best output of a step is finished;
        worse ones that finish before are dropped, as in bert4keras.
        """
        return self.beam_search_batch(
            [inputs],
            topk,
            states=states,
            temperature=temperature,
            min_ends=min_ends,
            length_penalty=length_penalty,
            **restraints,
        )[0]

    def beam_search_batch(self, samples, topk, states=None, temperature=1, **options):
        """The best output for each sample: samples are `inputs` of `beam_search`, as are the other arguments.

        `predict` is given the rows of all samples that have one shape, so texts of equal length are best
        sorted together. `states` are those that each begins with.
        """
        check_choice(topk=topk, temperature=temperature)
        searches = [self._searched(inputs, topk, states, **options) for inputs in samples]
        predict = functools.partial(self.predict, temperature=temperature, rtype="logits")
        found = dict(answered_together(searches, predict))
        return [found[i] for i in range(len(searches))]

    def _searched(self, inputs, topk, states, min_ends=1, length_penalty=None, **restraints):
        """Asks for scores, and yields the best output in the end."""
        inputs = [np.array([x]) for x in inputs]
        output_ids, output_scores, found = self.first_output_ids, np.zeros(1), []
        for step in range(self.maxlen):
            scores, states = yield Ask(inputs, output_ids, states)
            scores = restrained(scores, output_ids, **restraints)  # [beams, vocabulary]
            if step == 0:
                check_choice(topk=topk, vocabulary=scores.shape[1])
                inputs = rows_of(inputs, np.zeros(topk, int), 1)
            scores = output_scores.reshape((-1, 1)) + scores
            chosen = scores.argpartition(-topk, axis=None)[-topk:]
            origins, token_ids = np.divmod(chosen, scores.shape[1])
            states = rows_of(states, origins, len(scores))
            output_ids = np.concatenate([output_ids[origins], token_ids[:, None]], 1)
            output_scores = scores.ravel()[chosen]
            finished = self._finished(output_ids, min_ends)
            if length_penalty is None and finished[output_scores.argmax()]:
                break
            if finished.any():
                found += zip(output_scores[finished], output_ids[finished])
                left, beams = np.flatnonzero(~finished), len(output_ids)
                inputs, states = rows_of(inputs, left, beams), rows_of(states, left, beams)
                output_ids, output_scores, topk = output_ids[left], output_scores[left], len(left)
                if topk == 0:
                    break
        if length_penalty is None:
            yield output_ids[output_scores.argmax()]
        else:
            yield self._best([*found, *zip(output_scores, output_ids)], length_penalty)

    def random_sample(
        self,
        inputs,  # of one sample: arrays without a batch axis
        n,
        topk=None,  # draw from so many tokens, the most probable ones
        topp=None,  # draw from the fewest tokens that together have this probability
        states=None,
        temperature=1,
        min_ends=1,  # end tokens that an output needs to be finished
        **more,
    ):
        """`n` outputs drawn at random, as they finished, unfinished ones last. More arguments:

        min_p: draw from tokens at least min_p times as probable as the most probable one;
        repetition_penalty: above 1, log-probabilities of tokens that are there are multiplied by it;
        no_repeat_ngram: n, of which no run of n tokens comes twice;
        rng: a `numpy.random.RandomState` to draw from, in place of numpy's own.
        """
        more.update(topk=topk, topp=topp, states=states, temperature=temperature, min_ends=min_ends)
        return self.random_sample_batch([inputs], n, **more)[0]

    def random_sample_batch(self, samples, n, temperature=1, rng=np.random, **more):
        """The `n` outputs of each sample: samples are `inputs` of `random_sample`, as are the other arguments.

        rng: one for all, or a list with one for each sample, whose outputs then don't depend on the others.
        """
        rngs = rng if isinstance(rng, (list, tuple)) else [rng] * len(samples)
        if len(rngs) != len(samples):
            raise ValueError(
                f"rng: expected one for each of {len(samples)} samples, got {len(rngs)}"
            )
        check_choice(n=n, temperature=temperature)
        searches = [self._sampled(x, n, rng=rng, **more) for x, rng in zip(samples, rngs)]
        predict = functools.partial(self.predict, temperature=temperature, rtype="probas")
        results = [[] for _ in searches]
        nothing = np.repeat(self.first_output_ids, n, axis=0)  # what a maxlen of 0 leaves
        unfinished = dict.fromkeys(range(len(searches)), nothing)
        for i, (output_ids, finished) in answered_together(searches, predict):
            results[i] += list(output_ids[finished])
            unfinished[i] = output_ids[~finished]
        return [outputs + list(unfinished[i]) for i, outputs in enumerate(results)]

    def stream(self, inputs, decode=None, temperature=1, **kwargs):
        """Yields the tokens of one random sample as they are drawn; the rest as `random_sample`.

        decode: such as `tokenizer.decode`; pieces of text are given instead, which together are the
        text of all tokens: each comes one token late, as a token may change how the one before is
        written, and never with half a character.
        """
        check_choice(temperature=temperature)
        predict = functools.partial(self.predict, temperature=temperature, rtype="probas")
        found = answered(self._sampled(inputs, 1, **kwargs), predict)
        outputs = (output_ids[0].tolist() for output_ids, _ in found)
        if decode is None:
            yield from (ids[-1] for ids in outputs)
        else:
            yield from as_text(outputs, decode)

    def _sampled(
        self,
        inputs,
        n,
        topk=None,
        topp=None,
        states=None,
        min_ends=1,
        min_p=None,
        rng=np.random,
        **restraints,
    ):
        """Asks for probabilities; yields all outputs that were not finished, and which of them now are."""
        check_choice(n=n, topk=topk, topp=topp, min_p=min_p)
        inputs, output_ids = [np.array([x]) for x in inputs], self.first_output_ids
        for step in range(self.maxlen):
            probas, states = yield Ask(inputs, output_ids, states)
            probas = normalized(probas)  # [outputs, vocabulary]
            if restraints:
                with np.errstate(divide="ignore"):
                    probas = np.exp(restrained(np.log(probas), output_ids, **restraints))
            if step == 0:
                check_choice(topk=topk, vocabulary=probas.shape[1])
                n_times = np.zeros(n, int)
                inputs, states = rows_of(inputs, n_times, 1), rows_of(states, n_times, 1)
                probas, output_ids = probas[n_times], output_ids[n_times]
            token_ids = draw(probas, topk, topp, min_p, rng)
            output_ids = np.concatenate([output_ids, token_ids], 1)
            finished = self._finished(output_ids, min_ends)
            yield output_ids, finished
            left, count = np.flatnonzero(~finished), len(output_ids)
            inputs, states = rows_of(inputs, left, count), rows_of(states, left, count)
            output_ids = output_ids[left]
            if not len(left):
                return

    def _finished(self, output_ids, min_ends):
        """Which outputs, [n, length], end with an end token and have enough of them."""
        if output_ids.shape[1] < self.minlen:
            return np.zeros(len(output_ids), bool)
        is_end = output_ids == self.end_id
        return is_end[:, -1] & (is_end.sum(1) >= min_ends)

    def _best(self, found, length_penalty):
        """Of (score, output) the output with the best score for its length."""
        begun = self.first_output_ids.shape[1]
        return max(found, key=lambda pair: pair[0] / (len(pair[1]) - begun) ** length_penalty)[1]


def _check_rtype(rtype):
    """Refuse what predictions can't be."""
    if rtype not in ("probas", "logits"):
        raise ValueError(f"wraps: expected rtype 'probas' or 'logits', got {rtype!r}")


def _as_probas(prediction, rtype, temperature):
    """Predictions, [n, vocabulary], as probabilities at a temperature."""
    if rtype == "logits":
        return softmax(prediction / temperature)
    if temperature == 1:
        return prediction
    probas = np.power(prediction, 1.0 / temperature)
    return probas / probas.sum(axis=-1, keepdims=True)
