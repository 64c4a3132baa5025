"""How well optimizers do for the calls they spend, on simulated tasks whose landscape is known."""
