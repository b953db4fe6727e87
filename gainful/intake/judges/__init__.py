"""Judges: what systems of record say about work, read as facts. Pure, a rule and a horizon in each module.

A judge says what happened and who said so. Whether that makes an outcome, `gainful.worth.settling` tells for all alike:
somebody's word about their own work counts for nothing there, whichever judge told it.
"""
