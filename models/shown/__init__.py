"""How facts are shown to people, the same on the guide's tablet and in the console.

``money`` writes amounts, ``masking`` hides most of a name or number, ``words`` speaks Chinese or
English. Pure, and nothing here knows of pages.
"""
