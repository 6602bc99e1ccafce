"""``make faults``: real processes are hurt, and till and ledger are compared afterwards.

    python -m tests.faults.run                       all scenarios, at least 1,000 faults
    python -m tests.faults.run --quick               fewer of each, seeds fixed: what CI runs
    python -m tests.faults.run --only agent_kill_9 --seed 7

``scenario`` says what a scenario is, ``premises`` builds a shop and a cloud, ``census`` counts,
``catalogue`` lists the scenarios and ``runner`` plays them.
"""
