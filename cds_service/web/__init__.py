"""HTTP: the only package that knows Flask. ``shell.build`` makes the WSGI application out of the parts it is given."""
