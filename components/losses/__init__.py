"""The bin of losses: plain functions of tensors that several recipes may use.

A loss file holds its docstring (the first line describes it; the rest gives formula and source) and a
function `loss` that returns a scalar.
"""
