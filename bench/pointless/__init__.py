"""How well pointless deployments are told from real ones, against labels that were given by hand."""
