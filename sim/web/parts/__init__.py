"""Parts that pages share: blocks, figures, answers, levers, the choice of a scenario, the work bar, and words.

They know nothing of a single page; what they show has ids that begin with the page's name.
"""
