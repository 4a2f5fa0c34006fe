"""A page of this machine for this machine's user: what the playground and the live view in a tab share.

    server.py     127.0.0.1, a page's files and its web sockets; who may talk to it

The pages themselves are in playground/static/.
"""
