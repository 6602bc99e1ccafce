"""What becomes of records in quarantine: looked at, told upwards, read again.

``reader_of`` finds who can read a record again, ``narrated`` lays what the till wrote beside what
was read from it, ``QuarantineRounds`` tells the cloud and reads again what somebody asked for.
"""
