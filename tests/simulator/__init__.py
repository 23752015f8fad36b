"""Two institutions that keep copies for each other, simulated over the real code.

`world` are their storages, ledgers and books, `verbs` what they do, `faults` what befalls them and
what a hostile partner does, `truth` what must hold, `machine` puts all of it into any order.
`python -m tests.simulator --help` is the long campaign.
"""
