"""A lesson for tests: x goes half of the way to 0 with each step."""


def halve(x, share):
    dx = share * x
    return x - dx


def training(x, share=0.5):
    while True:
        x = halve(x, share)
        yield x
