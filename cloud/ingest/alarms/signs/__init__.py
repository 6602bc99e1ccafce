"""One file for each thing that is looked at; what it sees becomes signs of alarms.

A sign reads the database and judges; it raises and ends nothing itself.
"""
