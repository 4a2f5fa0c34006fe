"""The stage shows a training while it runs, and writes its pictures.  Only this part of the library uses Matplotlib.

Demos import `ai_from_scratch.stage.demo`, `.theme` and `.paint`; only the stage creates, shows and saves figures.
"""
