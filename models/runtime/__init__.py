"""What every process of ours stands on, the same in the shop and in the cloud.

``settings`` reads configuration strictly, ``logs`` writes facts without personal data, ``clock``
makes time a dependency. Nothing here knows of sales, members or devices.
"""
