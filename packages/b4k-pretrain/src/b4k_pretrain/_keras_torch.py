"""DistributedDataParallel on torch, under torchrun. https://arxiv.org/abs/2006.15704"""

import os

from b4k_ops import BACKEND, Model

from b4k_pretrain.engines import Single


class ParallelModel(Model):
    """A model whose training steps go through the wrapper that averages gradients: plain `fit` goes past it."""

    def train_step(self, data):
        import torch

        inputs, targets = data
        outputs = self._parallel[0](inputs, training=True)
        self.zero_grad()
        loss = self.compute_loss(inputs, targets, outputs, None, training=True)
        self.metrics[0].update_state(loss)  # the mean that `fit` shows
        self.optimizer.scale_loss(loss).backward()
        weights = list(self.trainable_weights)
        with torch.no_grad():
            self.optimizer.apply([weight.value.grad for weight in weights], weights)
        return self.compute_metrics(inputs, targets, outputs, None)


class DistributedDataParallel(Single):
    """One process for each device, each with its part of every batch."""

    model_class = ParallelModel

    def setup(self):
        if BACKEND != "torch":
            raise ValueError(
                "training.engine = 'ddp' is torch's: use 'jax' on jax, 'mirrored' on tensorflow"
            )
        if "RANK" not in os.environ:
            raise ValueError(
                "training.engine = 'ddp' needs its processes: torchrun --nproc_per_node=N -m b4k_pretrain train CONFIG"
            )
        import torch

        self.torch = torch
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        torch.distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        self.rank = torch.distributed.get_rank()
        self.check_parts(torch.distributed.get_world_size())

    def prepare(self, model):
        wrapper = self.torch.nn.parallel.DistributedDataParallel(model)
        # torch and Keras would look into an attribute and find the model in itself
        object.__setattr__(model, "_parallel", (wrapper,))
        return model

    def shard(self):
        return self.rank, self.torch.distributed.get_world_size()

    def is_chief(self):
        return self.rank == 0

    def reduce_logs(self, row):
        names = sorted(row)
        numbers = self.torch.tensor([row[name] for name in names], dtype=self.torch.float64)
        numbers = numbers.cuda() if self.torch.cuda.is_available() else numbers
        self.torch.distributed.all_reduce(numbers)
        means = (numbers / self.torch.distributed.get_world_size()).tolist()
        return dict(zip(names, means))


__all__ = ["DistributedDataParallel"]
