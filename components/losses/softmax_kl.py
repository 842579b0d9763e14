"""Kullback-Leibler divergence of two codes read as distributions: match the shape, not the values.

    p = softmax(teacher / t), q = softmax(student / t), loss = mean over samples of sum(p * log(p / q))

The teacher is detached. There is no factor t^2, which classification by soft labels would add.

Source: KDSR (ICLR 2023), https://arxiv.org/abs/2211.16928; t = 0.15, as its authors' code.
"""

import torch.nn.functional as F
from torch import Tensor


def loss(student_code: Tensor, teacher_code: Tensor, *, temperature: float = 0.15) -> Tensor:
    """Measure how far a student's code is from its teacher's.

    Args:
        student_code: (B, K), any real values; a constant added to a sample changes nothing.
        teacher_code: (B, K); no gradient reaches it.
        temperature: Above 0; the smaller, the more the largest entries count.

    Returns:
        Scalar in nats, 0 for codes of one shape, lower is better.

    Example:
        0.25 ln(0.25 / 0.5) + 0.75 ln(0.75 / 0.5), since softmax(0, ln 3) = (0.25, 0.75):

        >>> import math, torch
        >>> teacher = torch.tensor([[0.0, math.log(3)]])
        >>> f"{loss(torch.zeros(1, 2), teacher, temperature=1):.4f}"
        '0.1308'
    """
    log_q = F.log_softmax(student_code / temperature, dim=1)
    log_p = F.log_softmax(teacher_code.detach() / temperature, dim=1)
    return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
