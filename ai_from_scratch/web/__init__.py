"""A local page for the user of this machine: the common part of the playground and the live view in a tab.

    server.py     127.0.0.1, a page's files and its web sockets; which requests are accepted

The pages themselves are in playground/static/.
"""
