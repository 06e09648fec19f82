"""What the Hub knows of an employer beyond its entry: sites, Employer Standards, safeguarding facts.

Owns `employer_details`, one document an employer, and tells nothing: none of it leaves this service. All
may see sites, the Cornerstone flag, the standards' bands and whether an employer is vetted; scores,
safeguarding facts and who changed them are the Hub team's, and so are a sole trader's sites, which may be a
home.

`api.py` has the routes; the rules are in `model/details.py` and `model/standards.py`.
"""
