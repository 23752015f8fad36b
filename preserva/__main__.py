"""`python -m preserva` is the command `preserva`."""

from preserva.cli.main import run

run()
