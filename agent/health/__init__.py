"""The agent looks after itself: regular signs of life, and checks that a person can ask for.

A check is one small file in ``checks/``; adding one touches no other file but the list.
"""
