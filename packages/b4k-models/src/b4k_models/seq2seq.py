"""Generation by an encoder, which sees the prompts, and a decoder, which goes on from a start of its own."""

import numpy as np
from b4k_ops import ops

from .cached import FirstPass, OnlyPass, Step, valid_keys

__all__ = ["Seq2SeqGeneration"]


class Seq2SeqGeneration:
    """What T5 does otherwise than `Generation`; keys and values of the context are computed once."""

    def arrange(self, request):
        """Prompts with padding behind, for the encoder, and what the decoder begins with."""
        begun = np.full((len(request.prompts), 1), request.start_id, "int32")
        lengths = np.array([[len(prompt)] for prompt in request.prompts], "int32")
        x = {"tokens": request.tokens_in_front(), "lengths": lengths, "begun": begun}
        return x, begun, np.zeros(len(begun), "int32")

    def see_prompts(self, x, room):
        """The encoder's prompts [batch, length] -> what it says of them, and the decoder's caches."""
        tokens, no_pads = x["tokens"], ops.zeros_like(x["lengths"][:, 0])
        valid = valid_keys(tokens, no_pads, x["lengths"], self.pad_token_id)
        inputs = {"Encoder-Input-Token": tokens}
        encoded = OnlyPass(self._encoder, inputs, 0, tokens.shape[1], no_pads, valid)
        begun = ops.repeat(x["begun"], 2, axis=1)  # for Keras warns of a softmax over one; unseen
        inputs = {"Input-Context": encoded.outputs, "Decoder-Input-Token": begun}
        there = ops.ones_like(begun, dtype="bool")
        walk = FirstPass(
            self._decoder, inputs, 0, 2, no_pads, there, crossed_valid=valid, room=room
        )
        made = {"context": encoded.outputs, "context_valid": valid}
        return dict(made, own=walk.own, crossed=walk.crossed)

    def see_token(self, state, fixed):
        token, valid = self.last_token(state, fixed)
        return Step(
            self._decoder,
            {"Input-Context": fixed["context"], "Decoder-Input-Token": token},
            state["index"],
            1,
            fixed["pads"],
            valid,
            crossed_valid=fixed["context_valid"],
            own=state["own"],
            crossed=fixed["crossed"],
        )
