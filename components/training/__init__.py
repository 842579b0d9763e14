"""Training: the loop, the pairs it eats, the checkpoints it leaves. The loop knows no recipe."""
