"""What both pages stand on, the guide's in the shop and the console in the cloud.

``assets`` serves the few files of a page under addresses that change with their content, ``guard``
completes every answer and refuses what other sites make a browser ask, ``serving`` runs the server,
that of the till's door too. Needs Starlette and Uvicorn, which both sides have.
"""
