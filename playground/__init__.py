"""The playground: one page on which the repository's own Python code runs; the user can change its data and read its
lines.

    scene.py        what a scene declares: controls, views, presets, predictions
    catalogue.py    finds the scenes in the chapters' folders
    message.py      a frame as bytes, and back
    trace.py        which lines an update ran, and what each of them changed
    lessons.py      the lesson files' text and the equations of their lines
    session.py      one tab's run of a scene, without any web
    server.py       the local engine: 127.0.0.1, a page and its web sockets
    command.py      python run_all.py playground
    static/         the page
"""
