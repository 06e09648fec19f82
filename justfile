# For those who have `just`: every recipe calls make, so that each command is written once, in the Makefile.

# list the targets
default:
    @make help

# a whole Hub with a year of real schools' activities; for one JSON object: just demo --exit --json
demo *ARGS:
    @make demo ARGS="{{ ARGS }}"

# every check and the whole test suite; arguments go to pytest
test *ARGS:
    @make test PYTEST_ARGS="{{ ARGS }}"

# the ratios of the project's speed promises
bench *ARGS:
    @make bench ARGS="{{ ARGS }}"

# Kafka's users and topics, MongoDB's roles and the alerts again
generate:
    @make generate

# licences and known vulnerabilities of what a service runs with
audit:
    @make audit

# the bill of materials of what a service runs with
sbom:
    @make sbom

# style, formatting, types and import rules
lint:
    @make lint

# put style and formatting right where a tool can
format:
    @make format

# remove what was installed and cached here
clean:
    @make clean
