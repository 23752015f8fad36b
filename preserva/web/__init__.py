"""Pages for the people who keep the books: the verbs of the command line, in a browser."""
