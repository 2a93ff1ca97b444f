"""`generate` and `stream`: tokens after a prompt, by a model that keeps the keys and values of those before."""

import numpy as np
from b4k_ops import compiled, compiled_loop, evaluate, ops

from . import beams
from .cached import FirstPass, Step, valid_keys
from .going_on import Chooser, Extender, any_goes_on, beams_go_on
from .request import Request
from .restraints import Restraints, check_runs
from .streaming import as_text

__all__ = ["Generation"]


class Generation:
    """What `Transformer` inherits to generate. Keras 3 only; elsewhere `b4k_text.AutoRegressiveDecoder` serves."""

    def generate(self, prompts, max_new_tokens, **options):
        """What the model says after each of the prompts: a list of int arrays [new tokens], an end included.

        The most probable token is taken each time, unless `topk`, `topp`, `min_p`, `temperature`, `n` or `seed` asks
        for drawing, or `beams` for beam search. More arguments:

        prompts: lists of ids, which may be unequally long, or an array [batch, length] with padding behind;
        max_new_tokens: generated for each prompt if no end comes first;
        end_id: the id, or a list of ids, after which there is nothing; None for no such id;
        n: so many outputs for each prompt, in a list; of beam search the n best;
        topk, topp, min_p: draw from so many tokens; from the fewest that together have this probability; from those at
            least min_p times as probable as the most probable one;
        temperature: what scores are divided by before a token is drawn, 1 by default;
        seed: an int, for the same numbers on every backend;
        beams: beam search with so many, until nothing better can come; what has ended is kept;
        length_penalty: judge beams by log-probability / length ** length_penalty, 0 by default;
        repetition_penalty: above 1, log-probabilities of tokens that are there are multiplied by it;
        no_repeat_ngram: n, of which no run of n tokens comes twice; for both, what is there is the prompt of a
            language model, T5's start, what is in segment 1 of UniLM, and all new tokens;
        segments: segment ids like `prompts`, 0 by default; new_segment: that of all new tokens, by default 1 for UniLM
            and the prompt's last one for others;
        start_id: what T5's decoder begins with, 0 by default.

        The first use for a size of batch and a range of lengths compiles; further prompts in that range don't.
        Raises ValueError for what can't be generated from, NotImplementedError on Keras 2.
        """
        request = Request(self, prompts, max_new_tokens, **options)
        run = _Run(self, request)
        run.advance(request.max_new_tokens)
        return run.results()

    def stream(self, prompt, max_new_tokens, decode=None, **options):
        """Yields each new token after one prompt, a list of ids, as soon as it is decided; no beams, and one output.

        decode: such as `tokenizer.decode`; pieces of text are given instead, which together are the text of all tokens
            but the end. Each comes one token late, as a token may change how the one before is written, and never with
            half a character.
        """
        request = Request(self, [prompt], max_new_tokens, **options)
        if request.beams or request.n not in (None, 1):
            raise ValueError("stream gives one output as it goes, without beams and without n")
        if not (decode is None or callable(decode)):
            raise ValueError("decode: expected a function of ids, got %r" % (decode,))
        tokens = self._stream(request)
        if decode is None:
            return tokens
        return as_text((token for token in tokens if token not in request.ends), decode)

    def _stream(self, request):
        run = _Run(self, request)
        for count in range(1, request.max_new_tokens + 1):
            run.advance(count)
            token = run.token(count)
            yield token
            if token in request.ends:
                return

    # --- the programs, each made once

    def _program(self, key, make):
        """The program called `key`, which `make` makes."""
        if key not in self.programs:
            self.programs[key] = make()
        return self.programs[key]

    def _variables(self):
        return self.model.variables

    def _first_pass(self, inputs, room, copies):
        """Caches of whole prompts, `copies` of each, and what else of them the steps want."""
        program = self._program(
            ("first pass", room, copies),
            lambda: compiled(lambda x: _repeat(self.see_prompts(x, room), copies), self._variables),
        )
        return program(inputs)

    def _loop(self, request):
        restrain = Restraints(request)
        kind = (bool(request.beams), request.draws, request.topk, request.has, restrain.kind)
        choose = Extender(restrain) if request.beams else Chooser(request, restrain)
        return self._program(
            kind,
            lambda: compiled_loop(
                beams_go_on if request.beams else any_goes_on,
                lambda state, fixed: choose(state, fixed, self.see_token(state, fixed)),
                self._variables,
            ),
        )

    # --- the model's part

    def see_prompts(self, x, room):
        """Prompts [batch, length] that end together -> {"own": caches}, with room for so many tokens."""
        length = x["tokens"].shape[1]
        valid = valid_keys(x["tokens"], x["pads"], length, self.pad_token_id)
        inputs = {"Input-Token": x["tokens"], "Input-Segment": x["segments"]}
        walk = FirstPass(self, inputs, 0, length, x["pads"], valid, room=room)
        return {"own": walk.own}

    def see_token(self, state, fixed):
        """The token in column state["index"] of each row -> the Step that has what comes next."""
        token, valid = self.last_token(state, fixed)
        is_prompt = ops.less(state["index"], fixed["begun"])  # its last token is seen once more
        segment = ops.where(is_prompt, fixed["last_segment"], fixed["segment"])
        inputs = {"Input-Token": token, "Input-Segment": segment}
        pads = fixed["pads"]
        return Step(self, inputs, state["index"], 1, pads, valid, own=state["own"], crossed=[])

    def last_token(self, state, fixed):
        """The token in column state["index"] of each row [rows, 1], and which tokens it may see [rows, length]."""
        tokens, index = state["tokens"], state["index"]
        valid = valid_keys(tokens, fixed["pads"], index + 1, self.pad_token_id)
        return ops.take(tokens, ops.reshape(index, (1,)), axis=1), valid

    def arrange(self, request):
        """What `see_prompts` wants, the first columns of `tokens`, and how many of them are no row's."""
        x = request.arrays()
        return x, x["tokens"], x["pads"]


class _Run:
    """A request on its way: `state` changes with each token, `fixed` doesn't."""

    def __init__(self, model, request):
        self.request = request
        copies = request.beams or request.n or 1
        inputs, begun, pads = model.arrange(request)
        self.begun = begun.shape[1]
        room = request.bucket(self.begun + request.max_new_tokens)
        tokens = np.zeros((len(begun), room), "int32")
        tokens[:, : self.begun] = begun
        made = model._first_pass(inputs, room, copies)
        self.fixed = self._fixed(np.repeat(pads, copies, 0), made, copies)
        self.state = {
            "index": np.int32(self.begun - 1),  # the last token's
            "tokens": np.repeat(tokens, copies, 0),
            "own": made["own"],
        }
        if request.beams:
            self.state.update(beams.begin(len(tokens), request.beams, room))
        else:
            self.state["finished"] = np.zeros(len(tokens) * copies, bool)
        self.loop = model._loop(request)

    def _fixed(self, pads, made, copies):
        request = self.request
        fixed = {key: value for key, value in made.items() if key != "own"}
        fixed.update(
            pads=pads.astype("int32"),
            segment=np.repeat(request.new_segments(), copies, 0),
            last_segment=np.repeat(request.last_segments(), copies, 0),
            ends=np.array(request.ends or [-1], "int32"),
            begun=np.int32(self.begun),
            said_from=(pads + np.repeat(request.unsaid(), copies)).astype("int32"),  # [rows]
            repetition_penalty=np.float32(request.repetition_penalty),
        )
        if request.beams:
            fixed["length_penalty"] = np.float32(request.length_penalty)
        if request.draws:
            fixed.update(request.numbers())
            fixed["uniform"] = request.uniform(len(pads))  # [rows, new tokens, rounded up]
        return fixed

    def advance(self, count):
        """Go on until there are `count` new tokens, or all outputs have ended."""
        until = np.int32(self.begun + count)
        self.state = self.loop(self.state, dict(self.fixed, until=until))

    def token(self, count):
        """New token number `count` of the first row."""
        row = evaluate(self.state["tokens"])[0]
        self._check(0, row[: self.begun + count])
        return int(row[self.begun + count - 1])

    def results(self):
        """The new tokens of each prompt: an array, or with n a list of arrays."""
        n = self.request.n or 1
        if self.request.beams:
            outputs = self._ended(n)
        else:
            rows = [self._output(*row) for row in enumerate(evaluate(self.state["tokens"]))]
            outputs = [rows[i : i + n] for i in range(0, len(rows), n)]
        return outputs if self.request.n else [output[0] for output in outputs]

    def _output(self, i, tokens):
        """The new tokens of row i."""
        new = tokens[self.begun : self.begun + self.request.max_new_tokens]
        new = self.request.until_end(new)
        self._check(i, tokens[: self.begun + len(new)])
        return new

    def _check(self, i, tokens):
        """Refuse tokens of row i that are there because all others were forbidden."""
        if self.request.no_repeat_ngram:
            first = self.fixed["said_from"][i]
            said = tokens[first:].tolist()
            check_runs(said, self.begun - first, self.request.no_repeat_ngram)

    def _ended(self, n):
        names = ["ended", "ended_lengths", "ended_scores"]
        found = evaluate([self.state[name] for name in names])
        if not np.isfinite(found[-1][:, :n]).all():
            raise ValueError("beams=%d found fewer outputs than n=%d" % (self.request.beams, n))
        return [
            [row[self.begun : self.begun + count] for row, count in zip(rows[:n], lengths)]
            for rows, lengths, scores in zip(*found)
        ]


def _repeat(made, copies):
    """Everything in a dict of lists `copies` times, row by row."""
    if copies == 1:
        return made
    if isinstance(made, dict):
        return {key: _repeat(value, copies) for key, value in made.items()}
    if isinstance(made, list):
        return [_repeat(value, copies) for value in made]
    rows = np.repeat(np.arange(made.shape[0], dtype="int32"), copies)
    return ops.take(made, rows, axis=0)  # ops.repeat gives a row's copies one memory on torch
