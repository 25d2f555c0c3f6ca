"""Evaluate coding agents on the skill's cases: see docs/evals.md, or `python -m evals --help`.

In order of imports: `cases` (prompts and expected outcomes), `transcript` (what an agent did, in one format for all
agents), `artifact`, `demands` and `grading` (the file it wrote, graded), `runners` (the agents), `records`, `store` and
`running` (many runs, saved and resumed), `results` and the reports.
"""
