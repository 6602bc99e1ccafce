"""One shop's day over every kind of till at once, with a tenth of all records damaged.

    python -m tests.simulators.damaged_day --seed 7 --records 400

``tills`` invents the day and writes it in the words of each make, ``damages`` spoils records,
``plants`` hides cards, codes and names in them, ``box`` is the agent's own sources on a real
outbox, and ``account`` asks of every single record where it is: sound ones are in the outbox to the
cent; damaged ones are there, right or flagged, or lie in quarantine, or were refused to their
sender. Everything follows from a seed.
"""
