"""A network as a table: each layer, its output's shape, its parameters, and its multiply-adds for one sample."""

from Basic_Neural_Network_From_Scratch.network import Sequential


def table(network: Sequential) -> str:
    """The text of `network.summary()`; the network has to be built."""
    rows = [("layer", "output", "parameters", "multiply-adds")]
    totals = [0, 0]
    for layer, before, shape in zip(network.layers, network.shapes, network.shapes[1:], strict=False):
        size = sum(array.size for _, array, _ in layer.parameters())
        products = layer.multiply_adds(before, shape)
        totals = [totals[0] + size, totals[1] + products]
        rows.append((str(layer), " × ".join(map(str, shape)), f"{size:,}", f"{products:,}"))
    rows.append(("all", "", f"{totals[0]:,}", f"{totals[1]:,}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2].rjust(widths[2]), row[3].rjust(widths[3])])
        for row in rows)
