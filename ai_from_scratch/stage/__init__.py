"""The stage: what shows a training while it runs, and what writes its pictures.  Matplotlib lives here.

Demos import from `ai_from_scratch.stage.demo`, `.theme` and `.paint`; only the stage creates, shows and saves figures.
"""
