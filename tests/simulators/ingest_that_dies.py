"""An ingest worker that kills itself with -9 after a commit, just before the n-th acknowledgement.

    python -m tests.simulators.ingest_that_dies N --config FILE

It is the product's own worker, composed as ever, with a source whose ``publish`` pulls the trigger.
"""
