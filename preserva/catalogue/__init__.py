"""The joint catalogue: editions, copies, their words, what people decide."""
