"""What identifies a person, read alike in the shop and in the cloud.

If the till's box and the members disagreed about one number, a card of the shop would wait for ever
for the cloud's. ``phones`` reads phone numbers, ``placeholders`` knows what cashiers type to reach
the member price. Needs phonenumbers, which both sides have.
"""
