"""Deploying a Hub: an image, a compose file, manifests, dashboards, and what keeps them true to the code.

`compose/` and `observability/` configure what stands around the services; `k8s/` has the manifests. What can
be said from the contracts is generated, never typed: `python -m deploy.generate` writes

- Kafka's topics, users and ACLs (`kafka_access.py`, from `contracts/topics.py`),
- MongoDB's roles and users (`mongodb_access.py`),
- the alerts for the Prometheus operator (`alerts.py`, from `observability/alerts.yaml`).

`python -m deploy.reachability OVERLAY` prints who reaches whom through the network policies (`network.py`),
`python -m deploy.licences` under which licences everything is that a service is made of.

Invariant: a test generates everything again and compares; nothing here is imported by a service.
"""
