"""A real Keycloak for tests: the version that docker-compose.yml pins, as Maven has it, on loopback.

`archive.py` has Maven fetch the server's distribution once, checks its digest, builds it for the options that
compose gives, and keeps it in the tests' cache. `server.py` starts it with compose's variables and realm,
with data in a folder of its own. `test_sign_in.py` is what compose's apis and browsers do with it.

Without Java or Maven the tests are skipped, and say so. They do not run in a container: what the image adds
is not tried here.
"""
