"""Networks that others trained on ImageNet: their layers, and their published weights."""
