"""Demo data: who and what (`bali`, `como`), and how it gets in (`build`).

Days are counted from the day of seeding, so that there is always somebody arriving today.
"""
