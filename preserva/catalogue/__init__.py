"""The union catalogue: editions, copies, their words, what people decide."""
