"""Do coding agents deliver what the skill promises? `python -m evals --help`.

From inside out: `cases` (what is asked, and what must come of it), `runners` (agents), `transcript` (what an agent
did, whichever agent it was), `artifact` and `grading` (what that is worth), `running` (many of them, kept and resumed),
`results`, `report` (what it comes to).
"""
