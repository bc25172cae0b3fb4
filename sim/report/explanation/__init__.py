"""What drives a scenario, in words, figures, JSON and as a page: chance, unknown values, causes of delay,
assumptions.
"""
